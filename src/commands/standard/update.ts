import type { EntityManager } from '@mikro-orm/postgresql';
import { type Command, wordsOf } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import type { Example } from '../../cli/help.ts';
import type { Row } from '../../cli/output.ts';
import { capitalised, quoted } from '../../cli/text.ts';
import { schemaOf } from '../../database/layouts/layouts.ts';
import { OWNER, type OwnerChange, setOwner } from '../../domain/ownership.ts';
import { InvalidInputError } from '../../errors.ts';
import { defined } from '../../text/defined.ts';
import { USERS } from '../users/noun.ts';
import { rowArgument } from './choices.ts';
import { exampleOf, find, findPublicId, type Identified, type Noun, nameOf, referenceOf, rowOf } from './noun.ts';
import { warnOfTwin } from './twins.ts';

/** The values that an `update` sets; undefined ones stay unchanged. */
export type Values<C extends object> = { [K in keyof C]?: C[K] | undefined };

interface Update<T, C extends object, O extends object> {
  description: string;
  declareOptions(command: Command): unknown;
  examples: readonly Example[];
  /** Returns the values that the options set. */
  values(options: O): Values<NoInfer<C>> | Promise<Values<NoInfer<C>>>;
  /** The options that set a value, for the message if none is given. */
  given: string;
  update(em: EntityManager, item: T, change: Partial<C> & OwnerChange, options: O): Promise<T>;
  /** Returns the name of the row in the message, if not its natural key or its id. */
  title?: (row: Row) => string;
}

/** Declares `update`: changes the given properties of one row, and its owner if it can have one, and prints it. */
export function declareUpdate<T extends Identified, C extends object, O extends object>(
  parent: Command,
  ctx: Context,
  noun: Noun<T>,
  { description, declareOptions, examples, values, given, update, title }: Update<T, C, O>,
): void {
  const hasOwner = OWNER in schemaOf(noun.entity).properties;
  parent
    .command('update')
    .addArgument(rowArgument(ctx, noun))
    .description(description)
    .action(async (name: string, options: O & { owner?: string }) => {
      const change = changeOf<C & OwnerChange>(
        { ...(await values(options)), userPublicId: await findPublicId(ctx, USERS, options.owner) },
        hasOwner ? [given, '--owner'].filter(Boolean).join(', or ') : given,
      );
      const item = await update(await ctx.em(noun.entity), await find(ctx, noun, name), change, options);
      const row = await rowOf(ctx, noun, item);
      const what = title?.(row) ?? (noun.key ? quoted(nameOf(noun, item)) : referenceOf(item));
      await ctx.output.changed(ctx.output.success(`${capitalised(noun.singular)} ${what} changed.`), row);
      if (noun.key && noun.key in change) {
        await warnOfTwin(ctx, noun, item);
      }
    })
    .with(declareOptions)
    .with((command) => hasOwner && command.option('--owner <user>', 'new owner'))
    .examples(...examples);
}

/** Declares `update` for rows of which only the owner can be changed by it. */
export function declareOwner<T extends Identified & { user?: unknown }>(
  parent: Command,
  ctx: Context,
  noun: Noun<T>,
): void {
  declareUpdate(parent, ctx, noun, {
    description: `change the owner of one ${noun.singular}`,
    declareOptions: () => {},
    examples: [[`${wordsOf(parent)} update ${exampleOf(noun)} --owner alice`]],
    values: () => ({}),
    given: '',
    update: setOwner,
  });
}

/**
 * Returns the values that are given.
 * @param options the options that set them, for the message
 * @throws InvalidInputError if none is given
 */
export function changeOf<C extends object>(values: Values<C>, options: string): Partial<C> {
  const given = defined(values);
  if (Object.keys(given).length === 0) {
    throw new InvalidInputError('Nothing to change.', { hint: `Pass ${options}.` });
  }
  // For a type parameter TypeScript cannot resolve the mapped type.
  return given as object;
}
