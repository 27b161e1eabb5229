import type { EntityManager } from '@mikro-orm/postgresql';
import { Option } from 'commander';
import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import type { Row } from '../../cli/output.ts';
import { capitalised, quoted } from '../../cli/text.ts';
import { schemaOf } from '../../database/layouts/layouts.ts';
import { insertOnce } from '../../database/repository.ts';
import { OWNER, type OwnerChange } from '../../domain/ownership.ts';
import { CheckFailedError, NotFoundError } from '../../errors.ts';
import { defined } from '../../text/defined.ts';
import { type AskedValues, type Difference, differencesOf } from './differences.ts';
import { type Known, type Noun, nameOf, rowOf } from './noun.ts';
import { owner } from './owner.ts';
import { warnOfTwin } from './twins.ts';
import type { Values } from './update.ts';

export interface CreateOptions {
  ifNotExists?: boolean;
  orUpdate?: boolean;
  exitCode?: boolean;
}

/** What the options of a `create` ask of a row that already exists. */
export interface Asked<T, C extends object> {
  /** Returns the values that the options set, as the row has them. */
  values(item: T): Values<C> | Promise<Values<C>>;
  /** Changes the row accordingly; not where `--or-update` is not declared. */
  update?(em: EntityManager, item: T, change: Partial<C> & OwnerChange): Promise<T>;
}

/** Declares what to do with a row that already exists. */
export function createOptions(
  command: Command,
  { keeps = 'keep an existing one unchanged, report how it differs, and exit 0', updates = true } = {},
): Command {
  const exitCode = new Option('--exit-code', 'the same, but exit 6 if it differs').implies({ ifNotExists: true });
  command.option('--if-not-exists', keeps).addOption(exitCode);
  return updates
    ? command.addOption(
        new Option('--or-update', 'change an existing one to match the options')
          .implies({ ifNotExists: true })
          .conflicts('exitCode'),
      )
    : command;
}

interface Made<T> {
  item: T;
  created: boolean;
}

/**
 * Creates a row and prints it. With `--if-not-exists` an existing row of the same natural key is printed, and `insert` is
 * not called, so that a repeated call neither prompts nor fails.
 * @param secrets returns what was generated for the row and is shown only once
 * @returns the row, and whether it was created
 */
export async function createRow<T extends Known, C extends object>(
  ctx: Context,
  noun: Noun<T>,
  key: string,
  options: CreateOptions,
  insert: () => Promise<T>,
  asked: Asked<T, C>,
  secrets: () => Record<string, string> = () => ({}),
): Promise<Made<T>> {
  const made = await insertOnce(await ctx.em(noun.entity), noun, key, options.ifNotExists === true, insert);
  await printMade(ctx, noun, made, options, asked, secrets());
  return made;
}

/**
 * Prints a row that was created or already existed; the latter with how it differs from what was asked, or after it was
 * changed.
 * @throws CheckFailedError if it differs, and `--exit-code` is given
 */
export async function printMade<T extends Known, C extends object>(
  ctx: Context,
  noun: Noun<T>,
  { item, created }: Made<T>,
  options: CreateOptions,
  asked: Asked<T, C>,
  secrets: Record<string, string> = {},
): Promise<void> {
  const { output } = ctx;
  const name = `${capitalised(noun.singular)} ${quoted(nameOf(noun, item))}`;
  if (created) {
    const message = output.success(`${name} ${noun.made ?? 'created'} (${item.publicId}).`);
    await output.changed(message, { ...(await rowOf(ctx, noun, item)), created }, secrets);
    return await warnOfTwin(ctx, noun, item);
  }
  const values = async () => ({ ...(await asked.values(item)), ...(await givenOwner(ctx, noun)) });
  const found = await (options.orUpdate || options.exitCode ? values() : comparable(ctx, name, values));
  // For type parameters TypeScript cannot resolve the mapped types.
  const change = defined(found) as Partial<C> & AskedValues;
  const differs = await differencesOf(ctx, noun, item, change);
  const present = `${name} already exists (${item.publicId}).`;
  if (!options.orUpdate || !asked.update || differs.length === 0) {
    const row = await rowOf(ctx, noun, item);
    return await printExisting(ctx, name, present, row, differs, options, asked.update && '--or-update');
  }
  // Afterwards the row may be another object, or the same one changed.
  const outcome = { created, changed: facts(differs) };
  const updated = await asked.update(await ctx.em(noun.entity), item, change);
  await output.changed(present, { ...(await rowOf(ctx, noun, updated)), ...outcome });
  await output.say(output.success(`Changed: ${differs.map(({ change }) => change).join('; ')}.`));
}

/**
 * Prints a row that already existed, and how it differs from what was asked.
 * @param option what changes it
 * @throws CheckFailedError if it differs, and `--exit-code` is given
 */
export async function printExisting(
  ctx: Context,
  name: string,
  present: string,
  row: Row,
  differs: readonly Difference[],
  { exitCode }: CreateOptions,
  option?: string,
): Promise<void> {
  await ctx.output.changed(present, {
    ...row,
    created: false,
    ...(differs.length > 0 && { differs: facts(differs) }),
  });
  if (differs.length > 0) {
    const message = `${name} differs: ${texts(differs)}.`;
    const hint = option && `To change it, pass ${option}.`;
    if (exitCode) {
      throw new CheckFailedError(message, { hint });
    }
    await ctx.output.warn([message, hint].filter(Boolean).join(' '));
  }
}

/** Returns the values; if a file or a row that they need is gone, warns, for what exists is kept anyway. */
async function comparable<V extends object>(ctx: Context, name: string, values: () => Promise<V>): Promise<Partial<V>> {
  try {
    return await values();
  } catch (error) {
    if (error instanceof NotFoundError) {
      await ctx.output.warn(`${name} was not compared with the options: ${error.message}`);
      return {};
    }
    throw error;
  }
}

/** Returns the existing and the asked value of each column, for programs. */
function facts(differs: readonly Difference[]): Row {
  return Object.fromEntries(differs.map(({ column, existing, asked }) => [column, [existing, asked]]));
}

function texts(differs: readonly Difference[]): string {
  return differs.map(({ text }) => text).join('; ');
}

/** Returns the owner that the command line asks for; what other settings say is only for new rows. */
async function givenOwner<T extends Known>(ctx: Context, { entity }: Noun<T>): Promise<OwnerChange> {
  const isGiven = ctx.configuration.get('as')?.origin === '--as' && OWNER in schemaOf(entity).properties;
  return isGiven ? { userPublicId: (await owner(ctx)).publicId } : {};
}
