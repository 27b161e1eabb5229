import type { CsvForm, Delimiter } from './csv.ts';

/** The decimal sign of a language and the delimiter of lists that goes with it, as Windows and so Excel have them. */
interface Signs {
  delimiter: Delimiter;
  decimal: '.' | ',';
}

const POINT: Signs = { delimiter: ',', decimal: '.' };
const COMMA: Signs = { delimiter: ';', decimal: ',' };
const SWISS: Signs = { delimiter: ';', decimal: '.' };

/** What a double click opens correctly depends on the region that is set in Windows or macOS. */
const SIGNS = {
  ...{ en: POINT, zh: POINT, ja: POINT, ko: POINT, he: POINT, th: POINT, 'es-MX': POINT },
  ...{ de: COMMA, fr: COMMA, es: COMMA, it: COMMA, nl: COMMA, pt: COMMA, da: COMMA, sv: COMMA, nb: COMMA, fi: COMMA },
  ...{ pl: COMMA, cs: COMMA, sk: COMMA, hu: COMMA, ro: COMMA, bg: COMMA, el: COMMA, tr: COMMA, ru: COMMA, uk: COMMA },
  'de-CH': SWISS,
} satisfies Record<string, Signs>;

export type ExcelLocale = keyof typeof SIGNS;
// The type of Object.keys does not know the keys.
export const EXCEL_LOCALES = Object.keys(SIGNS).sort() as ExcelLocale[];

/** The form of CSV that Excel opens correctly in a language; its times are to be written as `sheet`. */
export function excelForm(locale: ExcelLocale): CsvForm & Signs {
  return { kind: 'csv', ...SIGNS[locale], sheet: true };
}
