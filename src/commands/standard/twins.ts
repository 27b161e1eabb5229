import type { Context } from '../../cli/context.ts';
import { quoted } from '../../cli/text.ts';
import { alikeRows } from '../../database/near-rows.ts';
import { type Identified, type Noun, nameOf, referenceOf } from './noun.ts';

/** Warns of another row whose name differs in nothing but case and the number of blanks. */
export async function warnOfTwin<T extends Identified>(ctx: Context, noun: Noun<T>, item: T): Promise<void> {
  const { entity, key, singular, scope = () => ({}) } = noun;
  const among = scope(item);
  if (key && among) {
    const name = nameOf(noun, item);
    const alike = await alikeRows(await ctx.em(entity), { entity, key, among }, String(item[key]));
    const twin = alike.find((row) => nameOf(noun, row) !== name);
    if (twin) {
      await ctx.output.warn(
        `There is also ${singular} ${quoted(nameOf(noun, twin))} (${referenceOf(twin)}): the names differ only in case or blanks.`,
      );
    }
  }
}
