import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { counted, printable, quoted } from '../../cli/text.ts';
import type { Database } from '../../database/database.ts';
import { findDrift } from '../../database/drift/drift.ts';
import { type IdUse, idUse, NEARLY_USED_PERCENT } from '../../database/ids.ts';
import { migrationNames } from '../../database/schema/migrations.ts';
import { executedMigrations, MIGRATIONS_TABLE, mayRead } from '../../database/schema/status.ts';
import { type LockedOut, lockedOutAccounts } from '../../domain/locked-out.ts';
import { firmwareWithoutOwner } from '../../domain/ownership.ts';
import { CheckFailedError } from '../../errors.ts';

export function declareCheck(parent: Command, ctx: Context): void {
  parent
    .command('check')
    .description(
      'check the tables, columns, keys and indexes of the database against its layout; exit 6 if they differ, if 80 % of the ids of a table are used, or if accounts are locked out',
    )
    .runs(ctx, check)
    .examples(
      [
        'webmacs db check',
        'prints the SQL that adds or changes what is missing or wrong; drops no table, column or index',
      ],
      ['webmacs db check --json | jq -r .differences[]'],
    );
}

async function check(ctx: Context): Promise<void> {
  const database = await ctx.databaseAsIs();
  database.expectComplete();
  const { layout, where, schema } = database;
  const drift = await ctx.progress('Comparing the schema', async () => findDrift(database));
  const { differences } = drift;
  const ids = await idUse(database.em, database.tables);
  const { lockedOut, ownerless, problems } = await ctx.progress('Checking rows', async () => findRowProblems(database));
  const notes = [...drift.notes, ...lockedOut.filter(({ provider }) => provider).map(describeLockedOut)];
  const mentioned = ids.filter(({ percent }) => percent !== null && percent >= 1).map(usedIds);
  const remarks = mentioned.length > 0 ? [...notes, `used ids: ${mentioned.join(', ')}`] : notes;
  for (const note of remarks) {
    await ctx.output.say(`Note: ${note}`);
  }
  const scarce = ids.filter(({ percent }) => percent !== null && percent >= NEARLY_USED_PERCENT);
  const found = {
    differences,
    ...(notes.length > 0 ? { notes } : {}),
    ids_used_percent: Object.fromEntries(ids.map(({ table, percent }) => [table, percent])),
    ...(lockedOut.length > 0 ? { locked_out: lockedOut } : {}),
    ...(ownerless.length > 0 ? { firmware_without_owner: ownerless } : {}),
  };
  if (differences.length === 0 && scarce.length === 0 && problems.length === 0) {
    const message =
      layout.owner === 'webmacs'
        ? 'The database matches the entities.'
        : 'The database has every column, index and key of its layout.';
    return await ctx.output.done(ctx.output.success(message), found);
  }
  if (ctx.output.structured) {
    await ctx.output.one(found);
  } else {
    const lines = [
      ...[...problems, ...scarce.map(describeScarce)].map((line) => `-- ${line}`),
      ...differences.map((line) => (isComment(line) ? line : `${line};`)),
    ];
    await ctx.output.text(lines.map((line) => `${line}\n`).join(''));
  }
  if (differences.length === 0 && problems.length > 0) {
    throw new CheckFailedError(`${counted(problems.length, 'row')} of ${where} cannot be used (schema "${schema}").`, {
      hint: 'For an address, "webmacs users update USER --email ADDRESS"; for a password, "webmacs users passwd USER"; for an owner, "webmacs firmware update VERSION --owner USER".',
    });
  }
  if (differences.length === 0) {
    throw new CheckFailedError(
      `${where} is running out of ids (schema "${schema}"): ${scarce.map(usedIds).join(', ')}.`,
      {
        hint: scarce.every(({ table }) => table === 'datapoints')
          ? 'Make them bigint before they run out, while the table is used: webmacs db storage widen'
          : 'Make them bigint before they run out, when nobody uses the table: it is rewritten, and locked meanwhile.',
      },
    );
  }
  const what =
    layout.owner === 'webmacs' ? 'differs from the entities' : 'is missing parts of its layout, listed above';
  throw new CheckFailedError(`${where} ${what} (schema "${schema}").`, { hint: await hintFor(database, differences) });
}

/** Finds rows with which the log-in or the server fails, where the layout is known and the role may read them. */
async function findRowProblems({ em, layout, layoutDescription }: Database) {
  const isReadable = layoutDescription === layout.name && (await mayRead(em, ['users', 'firmware_updates']));
  const lockedOut = isReadable ? await lockedOutAccounts(em) : [];
  const ownerless = isReadable ? await firmwareWithoutOwner(em) : [];
  const problems = [
    ...lockedOut.filter(({ provider }) => !provider).map(describeLockedOut),
    ...ownerless.map(
      (version) => `Firmware ${printable(version)} has no owner: the firmware page of the WebMACS server fails.`,
    ),
  ];
  return { lockedOut, ownerless, problems };
}

function describeLockedOut({ username, email, reason, provider }: LockedOut): string {
  const way = provider ? `can log in only through ${quoted(provider)}` : 'is locked out';
  return `User ${quoted(username)} (${printable(email)}) ${way}: ${reason}.`;
}

async function hintFor({ orm, em, layout }: Database, differences: string[]): Promise<string> {
  const hasStatement = !differences.every(isComment);
  if (layout.owner === 'server') {
    return hasStatement
      ? "The statements can be run while the server is running, one by one; the server's own migrations add the rest."
      : "The server's own migrations add what is missing.";
  }
  if (await mayRead(em, [MIGRATIONS_TABLE])) {
    const executed = await executedMigrations(em);
    const pending = migrationNames(orm).filter((name) => !executed.has(name)).length;
    if (pending > 0) {
      return `${counted(pending, 'migration')} pending: run "webmacs db migrate" first, then check again.`;
    }
  }
  return hasStatement
    ? 'The statements above add or change what is missing or wrong; run them one by one, not in one transaction.'
    : 'What is listed above has to be fixed by someone who knows the data.';
}

function usedIds({ table, percent, last, max }: IdUse): string {
  return `${table} ${percent} % (${last} of ${max})`;
}

function describeScarce(use: IdUse): string {
  const how =
    use.table === 'datapoints'
      ? 'run "webmacs db storage widen"'
      : `${use.widening.join('; ')}; likewise each column that refers to the id`;
  return `used ids: ${usedIds(use)}: ${how}`;
}

function isComment(difference: string): boolean {
  return difference.startsWith('-- ');
}
