import type { Command } from '../cli/command.ts';
import type { Context } from '../cli/context.ts';
import { counted } from '../cli/text.ts';
import { withClient } from '../database/connect.ts';
import { Database } from '../database/database.ts';
import { type Target, targetFromUrl } from '../database/target.ts';
import { lockedOutAccounts } from '../domain/locked-out.ts';
import { User } from '../entities/index.ts';
import { InvalidInputError } from '../errors.ts';
import { expectPlaces } from '../storage/places.ts';
import { defined } from '../text/defined.ts';
import { findLosses } from '../transfer/losses.ts';
import { choosesRoles } from '../transfer/mapping.ts';
import { asSide } from '../transfer/side.ts';
import { transfer } from '../transfer/transfer.ts';
import { announceRoles, type NonAdminsOption, nonAdminsOption, warnOfLosses } from './standard/other-layout.ts';

interface MigrateFromOptions extends NonAdminsOption {
  source?: string;
  target?: string;
  dryRun?: boolean;
}

export function declareMigrateFrom(command: Command, ctx: Context): void {
  command
    .option(
      '--source <url>',
      'the database to copy; prefer WEBMACS_SOURCE_URL, where other users cannot see a password',
    )
    .option('--target <url>', 'a database with tables and no rows; by default the configured one')
    .with(nonAdminsOption)
    .option('--dry-run', 'print what cannot be copied, without writing anything')
    .runs(ctx, migrateFrom)
    .examples(
      ['webmacs migrate-from --source postgresql://lab@old/webmacs --target postgresql://lab@new/webmacs'],
      ['WEBMACS_SOURCE_URL=… DATABASE_URL=… webmacs migrate-from', 'run it again to resume after an interruption'],
    );
}

/** Copies all rows of one database to another, whatever their layouts. */
async function migrateFrom(ctx: Context, options: MigrateFromOptions): Promise<void> {
  const [from, to] = targetsOf(ctx, options);
  const onProgress = (message: string) => void ctx.output.say(message);
  const onWarning = (message: string) => void ctx.output.warn(message);
  const onCaveat = (sentence: string) => void ctx.output.caveat(sentence);
  await using source = await Database.open(from, { onProgress, onWarning, onCaveat });
  await using target = await Database.open(to, { onProgress, onWarning });
  source.expectComplete();
  await ctx.progress('Comparing', async () => expectPlaces(source.pool, target.pool));
  const { nonAdmins } = options;
  const people = await nonAdminsOf(source, target);
  await announceRoles(ctx, source.layout, target.layout, nonAdmins, people);
  const losses = await ctx.progress('Comparing', async () =>
    asSide(
      source,
      withClient(source.pool, (client) => findLosses(client, source.layout, target.layout, source.tables)),
    ),
  );
  await warnOfLosses(ctx, losses, target.layout.name);
  const lockedOut = (await lockedOutAccounts(source.em, target.em)).filter(({ provider }) => provider === null);
  if (lockedOut.length > 0) {
    await ctx.output.warn(
      `Nobody can log in with ${counted(lockedOut.length, 'account')} in the target. See why after copying, on the target: webmacs db check`,
    );
  }
  const layouts = { source: source.layout.name, target: target.layout.name };
  const receiving = { signal: ctx.signal, ...defined({ nonAdmins }) };
  if (options.dryRun) {
    await transfer(source, target, { ...receiving, dryRun: true });
    const route = `${source.where} (${layouts.source}) into ${target.where} (${layouts.target})`;
    return await ctx.output.done(`Would copy ${route}.`, { ...layouts, losses });
  }
  const started = performance.now();
  const tables = await ctx.progress('Copying', async (show) =>
    transfer(source, target, { ...receiving, onProgress: show }),
  );
  if (ctx.output.structured) {
    return await ctx.output.one({ ...layouts, losses, tables });
  }
  await ctx.output.list(
    tables.map(({ table, rows, checksum, resumed }) => ({ table, rows, checksum, copied: resumed ? 'before' : 'now' })),
    ['table', 'rows', 'checksum', 'copied'],
  );
  const rows = tables.reduce((sum, table) => sum + table.rows, 0);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const what = `${counted(rows, 'row')} of ${tables.length} tables`;
  const outcome = tables.every(({ resumed }) => resumed)
    ? `Already complete: ${what}; counts and checksums match.`
    : `${what} copied in ${seconds} s; counts and checksums match.`;
  await ctx.output.say(ctx.output.success(outcome));
}

/** Counts the users that get a role although they have none; undefined if the layouts are not such. */
async function nonAdminsOf(source: Database, target: Database): Promise<number | undefined> {
  return choosesRoles(source.layout, target.layout) ? await source.em.count(User, { admin: false }) : undefined;
}

function targetsOf(ctx: Context, options: MigrateFromOptions): [source: Target, target: Target] {
  const { WEBMACS_SOURCE_URL: variable } = ctx.environment;
  const source = options.source ?? variable;
  if (!source) {
    throw new InvalidInputError('Missing: --source, or WEBMACS_SOURCE_URL.', {
      hint: 'Set the database to copy, as postgresql://USER@HOST:PORT/DATABASE; the password can be in ~/.pgpass.',
    });
  }
  const origin = options.source === undefined ? 'WEBMACS_SOURCE_URL' : '--source';
  return [
    targetFromUrl(source, ctx.environment, origin),
    options.target === undefined
      ? ctx.configuration.database().target
      : targetFromUrl(options.target, ctx.environment, '--target'),
  ];
}
