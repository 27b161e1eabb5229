import type { Command } from '../../../cli/command.ts';
import type { Context } from '../../../cli/context.ts';
import type { Row } from '../../../cli/output.ts';
import { type ImportRecord, ImportRecords } from '../../../ingest/imports/record.ts';
import { type ImportState, statesOf } from '../../../ingest/imports/state.ts';
import { importArgument } from './argument.ts';
import { declareUndo } from './undo.ts';

const COLUMNS = ['id', 'imported_on', 'file', 'rows', 'user', 'state'];

export function declareImports(parent: Command, ctx: Context): void {
  const imports = parent
    .command('imports')
    .usage('[--all-databases] | <command>')
    .description('imports from this computer: list, show, undo')
    .note(RECORDS)
    .examples(
      ['webmacs datapoints imports', 'the newest first'],
      ['webmacs datapoints imports show 1a2b3c4d'],
      ['webmacs datapoints imports undo 1a2b3c4d', 'deletes exactly its datapoints'],
    );
  imports
    .command('list', { isDefault: true })
    .alias('ls')
    .description('list the imports into this database, the newest first')
    .option('--all-databases', 'imports into all databases')
    .runs(ctx, list)
    .examples(['webmacs datapoints imports list'], ['webmacs datapoints imports list --all-databases --json']);
  imports
    .command('show')
    .addArgument(importArgument(ctx))
    .description('show one import')
    .runs(ctx, show)
    .examples(['webmacs datapoints imports show 1a2b3c4d'], ['webmacs datapoints imports show 1a2b3c4d --json']);
  declareUndo(imports, ctx);
}

const RECORDS = `
A record of each import is kept in the data directory of the user who made it (WEBMACS_DATA_DIR, else
$XDG_DATA_HOME/webmacs), so imports from other computers are not listed. The state of an import is "imported", "undone",
"not committed" (still running, or interrupted: nothing was stored), or "too old" to undo.`;

async function list(ctx: Context, { allDatabases = false }: { allDatabases?: boolean }): Promise<void> {
  const { records, problems } = new ImportRecords(ctx.embeddedDirectory).all();
  for (const { message } of problems) {
    await ctx.output.warn(message);
  }
  const states = await statesOf(await ctx.pool(), records);
  const rows = records
    .map((record) => rowOf(record, states.get(record.id)))
    .filter(({ state }) => allDatabases || state !== 'other database');
  await ctx.output.list(rows, allDatabases ? [...COLUMNS, 'database'] : COLUMNS, { all: ALL_COLUMNS });
  if (rows.length === 0 && ctx.output.forPeople) {
    await ctx.output.say('None.');
  }
}

async function show(ctx: Context, given: string): Promise<void> {
  const record = new ImportRecords(ctx.embeddedDirectory).find(given);
  const states = await statesOf(await ctx.pool(), [record]);
  await ctx.output.one(rowOf(record, states.get(record.id)));
}

/** What is printed of a record: not what only finds its rows. */
const ALL_COLUMNS = [
  ...COLUMNS,
  ...[
    'replaced',
    'first',
    'last',
    'experiment_public_id',
    'database',
    'undone_on',
    'created_events',
    'created_experiment',
  ],
] as const;

function rowOf(record: ImportRecord, state: ImportState | undefined): Row {
  const { undone_on: undoneOn } = record;
  const isUndone = state === 'undone' || (state === 'other database' && undoneOn !== null);
  const row: Row = { ...record, state, undone_on: isUndone ? undoneOn : null };
  const created = {
    created_events: record.created_events ?? [],
    created_experiment: record.created_experiment ?? null,
  };
  return Object.fromEntries(ALL_COLUMNS.map((column) => [column, { ...row, ...created }[column]]));
}
