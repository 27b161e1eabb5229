import type { Context } from '../../cli/context.ts';
import type { Row } from '../../cli/output.ts';
import { quoted } from '../../cli/text.ts';
import { columnName } from '../../database/layouts/layouts.ts';
import { InterruptedError } from '../../errors.ts';
import type { Noun } from './noun.ts';

/**
 * Shows what is about to be written and asks whether to, if any of it was asked for.
 * @throws InterruptedError if not
 */
export async function confirmCreate<T extends object>(
  { prompts, yes, output }: Context,
  { singular, key }: Noun<T>,
  values: Row,
): Promise<void> {
  if (prompts.hasAsked && !yes) {
    const { renderCard } = await import('../../cli/table.ts');
    const shown = Object.entries(values).filter(([_property, value]) => value !== undefined && value !== null);
    const row = Object.fromEntries(shown.map(([property, value]) => [columnName(property), value]));
    const what = key === undefined ? `this ${singular}` : `${singular} ${quoted(String(values[key]))}`;
    if (!(await prompts.confirm(`Create ${what}?`, `\n${renderCard(row, output.look)}`, true))) {
      throw new InterruptedError('Nothing was created.');
    }
  }
}
