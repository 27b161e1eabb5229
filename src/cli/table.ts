import { type Cell, cardCell, columnOf, type Look } from './cells.ts';
import { measureFor, truncated } from './width.ts';

const GAP = '  ';

/** A text is cut to this many cells before a less important column is hidden; that of the first column, a name, to more. */
const MIN_WIDTH = 12;
const MIN_FIRST_WIDTH = 24;

export interface TableOptions extends Look {
  /** The width of the window in cells; of a file, infinite. */
  width: number;
  header: boolean;
  /** The columns that a narrow window hides first; after them those on the right. */
  hideFirst: readonly string[];
}

/**
 * Renders a table without lines, at most as wide as the window: hides less important columns, then cuts the widest texts, but
 * no times and numbers.
 * @returns also how many columns are hidden
 */
export async function renderTable(
  names: readonly string[],
  rows: readonly object[],
  { width, header, hideFirst, ...look }: TableOptions,
): Promise<{ text: string; hidden: number }> {
  const isShort = Number.isFinite(width);
  const all = names.map((name) => {
    const values = rows.map((row): unknown => Reflect.get(row, name));
    return columnOf(name, values, { ...look, header, isShort });
  });
  const measure = await measureFor(all.flatMap(({ cells }) => cells.map(({ text }) => text)));
  const columns = all.map(({ head, cells, isRight, isRigid }, at) => {
    const lengths = cells.map(({ text }) => measure(text));
    const natural = lengths.reduce((most, each) => Math.max(most, each), header ? head.length : 0);
    const least = isRigid ? natural : Math.min(natural, at === 0 ? MIN_FIRST_WIDTH : MIN_WIDTH);
    return { head, cells, lengths, natural, least, isRight };
  });
  const shown = mostImportant(
    names,
    columns.map(({ least }) => least),
    { width, hideFirst },
  ).flatMap((at) => columns[at] ?? []);
  const widths = widthsIn(width - GAP.length * (shown.length - 1), shown);
  const heads = shown.map(({ head, isRight }, place) => placed({ text: head }, head.length, widths[place], isRight));
  const lines = rows.map((_row, at) =>
    shown.map(({ cells, lengths, isRight }, place) => placed(cells[at], lengths[at], widths[place], isRight)),
  );
  const text = lines.map((line) => `${line.join(GAP).trimEnd()}\n`).join('');
  return {
    text: header ? `${look.style.dim(heads.join(GAP).trimEnd())}\n${text}` : text,
    hidden: names.length - shown.length,
  };

  function placed({ text, paint }: Cell = { text: '' }, length = 0, room = 0, isRight: boolean): string {
    const fits = length <= room;
    const short = fits ? text : truncated(text, room, measure, look.ascii ? '~' : undefined);
    const padding = ' '.repeat(room - (fits ? length : measure(short)));
    const painted = paint ? paint(short) : short;
    return isRight ? padding + painted : painted + padding;
  }
}

/** Renders a row as a line per value, which is not cut. */
export function renderCard(row: object, look: Look): string {
  const labels = Object.keys(row).map((name) => name.replaceAll('_', ' '));
  const width = Math.max(...labels.map(({ length }) => length));
  const lines = Object.entries(row).map(([name, value], at) => {
    const { text, paint } = cardCell(name, value, look);
    return `${look.style.dim((labels[at] ?? '').padEnd(width))}  ${paint ? paint(text) : text}`;
  });
  return `${lines.join('\n')}\n`;
}

/** Returns the places of the columns for which there is room, in their order; at least one. */
function mostImportant(
  names: readonly string[],
  least: readonly number[],
  { width, hideFirst }: Pick<TableOptions, 'width' | 'hideFirst'>,
): number[] {
  const rank = (at: number) => {
    const early = hideFirst.indexOf(names[at] ?? '');
    return early < 0 ? hideFirst.length + names.length - at : early;
  };
  const kept: number[] = [];
  let used = 0;
  for (const at of [...names.keys()].sort((one, other) => rank(other) - rank(one))) {
    const needed = (least[at] ?? 0) + (kept.length > 0 ? GAP.length : 0);
    if (kept.length === 0 || used + needed <= width) {
      used += needed;
      kept.push(at);
    }
  }
  return kept.sort((one, other) => one - other);
}

/** Returns the widths of columns that have this many cells; the widest texts are cut, to the same width. */
function widthsIn(room: number, columns: readonly { natural: number; least: number }[]): number[] {
  const widthsUpTo = (most: number) => columns.map(({ natural, least }) => Math.max(least, Math.min(natural, most)));
  let most = Math.min(room, Math.max(...columns.map(({ natural }) => natural)));
  while (most > 0 && widthsUpTo(most).reduce((sum, each) => sum + each, 0) > room) {
    most -= 1;
  }
  // A single column can be wider than the window.
  return widthsUpTo(most).map((each) => Math.min(each, Math.max(1, room)));
}
