import type { EventRow } from '../../request.ts';
import { cellText } from './text.ts';

const DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
const MAIN = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
const OFFICE = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const PACKAGE = 'http://schemas.openxmlformats.org/package/2006';
const CONTENT = 'application/vnd.openxmlformats-officedocument.spreadsheetml';

export const DATA_SHEET = 'xl/worksheets/sheet1.xml';
export const SHARED_STRINGS = 'xl/sharedStrings.xml';
/** The styles of cells, as positions in `cellXfs`. */
export const DATE_STYLE = 1;
export const HEADER_STYLE = 2;

/** The first number that Excel has no format of its own for. */
const DATE_FORMAT = 164;

const SHEETS = ['Datapoints', 'Events'];

/** The parts of a workbook besides the sheet of the data and the shared strings, by path. */
export function otherParts(events: readonly EventRow[]): Record<string, string> {
  const types = SHEETS.map(
    (_, at) => `<Override PartName="/xl/worksheets/sheet${at + 1}.xml" ContentType="${CONTENT}.worksheet+xml"/>`,
  );
  const sheets = SHEETS.map((name, at) => `<sheet name="${name}" sheetId="${at + 1}" r:id="rId${at + 1}"/>`);
  const relations = SHEETS.map((_, at) => relation(at + 1, 'worksheet', `worksheets/sheet${at + 1}.xml`));
  return {
    '[Content_Types].xml': `${DECLARATION}<Types xmlns="${PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="${CONTENT}.sheet.main+xml"/>${types.join('')}<Override PartName="/xl/styles.xml" ContentType="${CONTENT}.styles+xml"/><Override PartName="/${SHARED_STRINGS}" ContentType="${CONTENT}.sharedStrings+xml"/></Types>`,
    '_rels/.rels': relationships(relation(1, 'officeDocument', 'xl/workbook.xml')),
    'xl/workbook.xml': `${DECLARATION}<workbook xmlns="${MAIN}" xmlns:r="${OFFICE}"><bookViews><workbookView/></bookViews><sheets>${sheets.join('')}</sheets></workbook>`,
    'xl/_rels/workbook.xml.rels': relationships(
      ...relations,
      relation(SHEETS.length + 1, 'styles', 'styles.xml'),
      relation(SHEETS.length + 2, 'sharedStrings', 'sharedStrings.xml'),
    ),
    'xl/styles.xml': `${DECLARATION}<styleSheet xmlns="${MAIN}"><numFmts count="1"><numFmt numFmtId="${DATE_FORMAT}" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss.000"/></numFmts><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders><cellStyleXfs count="1">${style(0, 0)}</cellStyleXfs><cellXfs count="3">${style(0, 0)}${style(DATE_FORMAT, 0)}${style(0, 1)}</cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>`,
    'xl/worksheets/sheet2.xml': eventsSheet(events),
  };
}

/** What precedes the rows of a sheet, whose first row remains visible when scrolling. */
export function sheetHead(widths: readonly number[], isShown: boolean): string {
  const columns = widths.map((width, at) => `<col min="${at + 1}" max="${at + 1}" width="${width}" customWidth="1"/>`);
  return `${DECLARATION}<worksheet xmlns="${MAIN}"><sheetViews><sheetView${isShown ? ' tabSelected="1"' : ''} workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><cols>${columns.join('')}</cols><sheetData>`;
}

export const SHEET_TAIL = '</sheetData></worksheet>';

/** A row of a sheet, with the texts in it; numbers are numbers. */
export function sheetRow(number: number, cells: readonly (string | number | null)[], style = 0): string {
  const written = cells.map((cell, at) => {
    const head = `<c r="${columnLetters(at)}${number}" s="${style}"`;
    if (cell === null) {
      return '';
    }
    return typeof cell === 'number' && Number.isFinite(cell)
      ? `${head}><v>${cell}</v></c>`
      : `${head} t="inlineStr"><is>${preserved(String(cell))}</is></c>`;
  });
  return `<row r="${number}">${written.join('')}</row>`;
}

/** Returns `A`, … `Z`, `AA` and so on for 0, 1 and so on. */
export function columnLetters(column: number): string {
  const letter = String.fromCharCode(65 + (column % 26));
  return column < 26 ? letter : columnLetters(Math.floor(column / 26) - 1) + letter;
}

export function sharedStrings(texts: Iterable<string>): string {
  const items = Array.from(texts, (text) => `<si>${preserved(text)}</si>`);
  return `${DECLARATION}<sst xmlns="${MAIN}">${items.join('')}</sst>`;
}

function preserved(text: string): string {
  return `<t xml:space="preserve">${cellText(text)}</t>`;
}

function eventsSheet(events: readonly EventRow[]): string {
  const rows = events.map(({ name, public_id, unit, min_value, max_value }, at) =>
    sheetRow(at + 2, [name, public_id, unit, min_value, max_value]),
  );
  const titles = ['event_name', 'event_public_id', 'unit', 'min_value', 'max_value'];
  const head = sheetHead([30, 38, 10, 12, 12], false) + sheetRow(1, titles, HEADER_STYLE);
  return head + rows.join('') + SHEET_TAIL;
}

function style(format: number, font: number): string {
  const applied = `applyNumberFormat="${format === 0 ? 0 : 1}" applyFont="${font}"`;
  return `<xf numFmtId="${format}" fontId="${font}" fillId="0" borderId="0" ${applied}/>`;
}

function relationships(...relations: string[]): string {
  return `${DECLARATION}<Relationships xmlns="${PACKAGE}/relationships">${relations.join('')}</Relationships>`;
}

function relation(id: number, type: string, target: string): string {
  return `<Relationship Id="rId${id}" Type="${OFFICE}/${type}" Target="${target}"/>`;
}
