import { InvalidInputError } from '../../errors.ts';
import { excerpt } from '../../text/printable.ts';
import { normalized } from './known-names.ts';
import type { Title } from './title.ts';

/** Returns the first column with the earliest of the names for which `fits` holds. */
export function firstNamed(
  titles: readonly Title[],
  wanted: readonly string[],
  fits: (column: number) => boolean,
): number | undefined {
  const found = titles.map((title) => [normalized(title.text), normalized(title.name)]);
  for (const name of wanted) {
    const column = found.findIndex((own, index) => own.includes(name) && fits(index));
    if (column >= 0) {
      return column;
    }
  }
  return undefined;
}

/** @throws InvalidInputError unless exactly one column has this title, or this name without its unit */
export function columnNamed(titles: readonly Title[], given: string, option: string): number {
  const rules: ((title: Title) => boolean)[] = [
    ({ text }) => text === given,
    ({ text }) => text.toLowerCase() === given.trim().toLowerCase(),
    ({ name }) => normalized(name) === normalized(given),
  ];
  for (const rule of rules) {
    const [only, another] = [...titles.keys()].filter((column) =>
      rule(titles[column] ?? { text: '', name: '', unit: undefined, offset: undefined }),
    );
    if (only !== undefined && another === undefined) {
      return only;
    }
  }
  throw new InvalidInputError(`${option}: the file has no column ${excerpt(given)}, or more than one.`, {
    hint: `Columns: ${listedTitles(titles)}.`,
  });
}

export function listedTitles(titles: readonly Title[]): string {
  return titles.map(({ text }) => excerpt(text)).join(', ');
}
