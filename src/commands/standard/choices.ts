import type { Context } from '../../cli/context.ts';
import type { Choice } from '../../cli/prompts.ts';
import { type Known, type Noun, nameOf } from './noun.ts';

/** The most rows that are offered to choose from. */
const CHOICES = 1000;

/** The rows of a noun to choose from, in the noun's order; the choice is the public id, which every command takes. */
export async function choicesOf<T extends Known>(
  ctx: Context,
  noun: Noun<T>,
  label: (item: T) => string = (item) => nameOf(noun, item),
): Promise<Choice[]> {
  const em = await ctx.em(noun.entity);
  // The ORM's types cannot follow an entity that is a type parameter.
  const items = (await em.find(noun.entity, {}, { orderBy: noun.orderBy as never, limit: CHOICES })) as T[];
  return items.map((item) => ({ name: label(item), value: item.publicId }));
}
