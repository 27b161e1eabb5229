import { ChosenArgument } from '../../cli/argument.ts';
import type { Context } from '../../cli/context.ts';
import type { Answers, Choice, Found, Question } from '../../cli/prompts.ts';
import type { Where } from '../../database/keyset.ts';
import { paginate } from '../../database/paginate.ts';
import { searchedColumns, searchFilter } from '../../database/search.ts';
import { InvalidInputError } from '../../errors.ts';
import { argumentHelp, hasPublicId, type Identified, labelsOf, type Noun, nameOf, referenceOf } from './noun.ts';

const SHOWN = 50;

/** Returns the rows to choose from, given the answers before. */
type Among<T> = (answers: Answers) => Promise<Where<T>>;

/** Returns the argument that names a row; if it is missing on a terminal, the row is chosen from a list. */
export function rowArgument<T extends Identified>(ctx: Context, noun: Noun<T>, among?: Among<T>): ChosenArgument {
  const { search } = rowQuestion(ctx, noun, '', '', among);
  return new ChosenArgument(`<${noun.singular}>`, argumentHelp(noun), search);
}

/** Asks for a row, on a terminal; the answer is its public id. */
export async function askForRow<T extends Identified>(
  ctx: Context,
  noun: Noun<T>,
  option: string,
  among?: Among<T>,
): Promise<string> {
  return (await ctx.prompts.missing({}, { row: rowQuestion(ctx, noun, option, `Which ${noun.singular}?`, among) })).row;
}

/** Returns the question for a row, which is searched by typing. */
export function rowQuestion<T extends Identified>(
  ctx: Context,
  noun: Noun<T>,
  option: string,
  ask: string,
  among?: Among<T>,
) {
  return {
    option,
    ask,
    search: async (typed: string, answers: Answers) => {
      const found = await choicesOf(ctx, noun, typed, await among?.(answers));
      if (typed === '' && found.choices.length === 0) {
        throw new InvalidInputError(`There is no ${noun.singular} to choose from.`, { hint: 'Create one first.' });
      }
      return found;
    },
  } satisfies Question;
}

/** Returns the first rows that contain a text, in the noun's order; the value is what every command accepts. */
export async function choicesOf<T extends Identified>(
  ctx: Context,
  noun: Noun<T>,
  typed: string,
  among: Where<T> = {},
): Promise<Found> {
  const em = await ctx.em(noun.entity);
  const ways: object[] = [
    ...(searchedColumns(noun.entity).length > 0 ? [searchFilter(em, noun.entity, typed)] : []),
    ...(hasPublicId(noun) ? [{ publicId: { $like: `${typed.toLowerCase()}%` } }] : []),
  ];
  const where = typed === '' || ways.length === 0 ? among : ({ $and: [among, { $or: ways }] } as Where<T>);
  const { items, total } = await paginate(em, noun.entity, { where, orderBy: noun.orderBy, pageSize: SHOWN });
  const rows = items as T[];
  const labels = await labelsOf(ctx, noun, rows);
  const choices = rows.map(
    (row, at): Choice => ({ name: labels[at] ?? '', value: referenceOf(row), short: nameOf(noun, row) }),
  );
  return { choices, more: total - rows.length };
}
