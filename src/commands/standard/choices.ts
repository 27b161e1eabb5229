import type { Context } from '../../cli/context.ts';
import type { Choice } from '../../cli/prompts.ts';
import { InvalidInputError } from '../../errors.ts';
import { type Known, type Noun, nameOf } from './noun.ts';

const CHOICES = 1000;

/**
 * Returns the rows to choose from, in the noun's order; the value is the public id, which every command accepts.
 * @throws InvalidInputError if there is no row
 */
export async function choicesOf<T extends Known>(
  ctx: Context,
  noun: Noun<T>,
  label: (item: T) => string = (item) => nameOf(noun, item),
): Promise<Choice[]> {
  const em = await ctx.em(noun.entity);
  // The ORM's types cannot follow an entity that is a type parameter.
  const items = (await em.find(noun.entity, {}, { orderBy: noun.orderBy as never, limit: CHOICES })) as T[];
  if (items.length === 0) {
    throw new InvalidInputError(`There is no ${noun.singular} to choose from.`, { hint: 'Create one first.' });
  }
  return items.map((item) => ({ name: label(item), value: item.publicId }));
}
