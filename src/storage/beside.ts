import type { ClientBase, Pool } from 'pg';
import { failureCode } from '../database/failure.ts';
import { runAlone } from '../database/run-alone.ts';
import { identifier } from '../database/sql.ts';
import { ConflictError } from '../errors.ts';
import { checkLater, commented, constraintComments, keyComment, renameLater } from './comments.ts';
import { buildKey, expectNoObstacles, type Key } from './conversion.ts';
import { type CopyOptions, mayLeaveUnchecked } from './copy-rows.ts';
import { copyingIn, type Mirror } from './mirror.ts';
import { expectFree } from './names.ts';
import { continueIds } from './next-id.ts';
import { withoutJobs } from './policies.ts';
import { addReferences, referencesOf } from './references.ts';
import { addSequence, replaceSequence } from './sequences.ts';
import {
  columnSettings,
  EVENT_KEYS,
  KEYS,
  makeWay,
  ONE_TABLE_KEYS,
  ONE_TABLE_NAMES,
  oneTableKeys,
  ownedBy,
  REPLACED,
  storageOptions,
} from './swap.ts';
import { COPIES, type TableFacts, tableFacts } from './table-facts.ts';

const DUPLICATE = '23505';

interface Beside {
  conversion: 'plain' | 'timescale' | 'citus';
  /** Whether it replaces a hypertable. */
  isHypertable?: boolean | undefined;
  /** Whether Citus has the table: its keys then include the event, and the copy gets a sequence of its own. */
  isDistributed?: boolean | undefined;
  /** Returns the statement that makes the empty table what it is to be; its keys include the time then, or the event. */
  turn?(copy: string): string;
}

/** Returns how a table beside that of the datapoints gets all that it has, and takes its place. */
export function besideMirror(
  pool: Pool,
  { conversion, isHypertable = false, isDistributed = false, turn }: Beside,
  options: CopyOptions,
): Mirror {
  const copy = COPIES[conversion];
  // Only tables that Citus has can refer to those that it has copied to every server.
  const isCheckedLater = isDistributed && !turn;
  // Ids may be there twice until the rows are compared; then they must not.
  const keys = turn
    ? (isDistributed ? EVENT_KEYS : KEYS).map(({ columns, suffix, primary }) => ({
        columns,
        name: `${copy}_${suffix}`,
        suffix,
        primary,
      }))
    : [];
  return {
    conversion,
    source: { name: 'datapoints', sql: 'datapoints' },
    check: async (client) => await expectKept(client, conversion, isDistributed),
    async create(client) {
      const facts = await factsOf(client, isDistributed);
      const table = `${facts.schema}.${copy}`;
      const isUnchecked = await mayLeaveUnchecked(client);
      const references = referencesOf(facts).map((reference) => `alter table ${table} ${reference}`);
      const tablespace = facts.tablespace === null ? '' : ` tablespace ${facts.tablespace}`;
      return [
        `create table ${table} (like datapoints including all excluding indexes excluding statistics)${storageOptions(facts)}${tablespace}`,
        ...ownedBy(facts, table),
        ...columnSettings(facts, table),
        ...(isDistributed ? addSequence(facts, copy) : []),
        ...keys.map(
          ({ name, primary, columns }) =>
            `alter table ${table} add constraint ${name} ${primary ? 'primary key' : 'unique'} (${columns.map(identifier).join(', ')})`,
        ),
        ...(turn
          ? []
          : [
              `create unique index ${copy}_time on ${table} (id, ${isDistributed ? 'event_public_id' : '"timestamp"'})`,
            ]),
        ...keptIndexes(facts).map(
          ({ definition, unique }, at) =>
            `create ${unique ? 'unique ' : ''}index ${copy}_${at} on ${table}${definition.slice(definition.indexOf(' USING '))}`,
        ),
        // Once there are chunks, all of them are locked while each gets its references.
        ...(turn && !isDistributed && isUnchecked ? references : []),
        ...(turn ? [turn(table)] : []),
        ...(turn && isDistributed ? references : []),
      ];
    },
    async finish() {
      for (const key of turn ? [] : ONE_TABLE_KEYS) {
        await buildOneKey(pool, copy, key, options);
      }
      if (!isDistributed) {
        await addReferences(pool, [copy], options);
      }
    },
    async replace(client) {
      const facts = await factsOf(client, isDistributed);
      const { sequence } = facts;
      const own = (await tableFacts(client, copy)).sequence;
      return [
        ...(isDistributed
          ? replaceSequence(facts, copy)
          : sequence && !sequence.identity
            ? [`alter sequence ${sequence.name} owned by ${copy}.id`]
            : []),
        ...(isHypertable ? [await withoutJobs(client)] : []),
        ...makeWay(facts),
        `alter table ${copy} rename to datapoints`,
        ...(turn ? [] : [`drop index ${copy}_time`, ...oneTableKeys(facts)]),
        ...keys.map(({ name, suffix }) =>
          renameLater(name, { name: `datapoints_${suffix}`, comment: keyComment(facts, suffix) }),
        ),
        ...keptIndexes(facts).map((index, at) => renameLater(`${copy}_${at}`, index)),
        ...(isCheckedLater
          ? referencesOf(facts).map((reference) => `alter table datapoints ${reference} not valid`)
          : []),
        ...constraintComments(facts, copy),
        ...(isCheckedLater ? checkLater(facts) : []),
        ...(sequence?.identity && own
          ? [continueIds(own), `alter sequence ${own.name} rename to ${sequence.name.replace(/^.*\./, '')}`]
          : []),
        commented('table datapoints', facts.comment),
        ...facts.triggers.flatMap(({ definition, state, isUsual }) => [
          definition,
          ...(isUsual ? [] : [`alter table datapoints ${state}`]),
        ]),
      ];
    },
  };
}

/** @throws ConflictError if a copy would lose what the table has, or something else has a name that it needs */
export async function expectKept(
  client: ClientBase,
  conversion: Beside['conversion'],
  isDistributed = false,
): Promise<void> {
  const facts = await factsOf(client, isDistributed);
  const { indexes, constraints, triggers, obstacles } = facts;
  expectNoObstacles({
    ...facts,
    triggers: [],
    obstacles: [
      ...obstacles,
      ...constraints
        .filter(({ name, kind }) => kind === 'u' && keptIndexes(facts).some((index) => index.name === name))
        .map(({ name }) => `the constraint ${identifier(name)}`),
      ...triggers
        .filter(({ isUsual }) => !isUsual && conversion === 'timescale')
        .map(({ sql }) => `the trigger ${sql}, which is disabled, or enabled for replicas`),
    ],
  });
  const copy = COPIES[conversion];
  const isStarted = (await copyingIn(client)) === conversion;
  const suffixes = [...KEYS.map(({ suffix }) => suffix), 'time', ...keptIndexes(facts).keys()];
  const first = [copy, ...suffixes.map((suffix) => `${copy}_${suffix}`)];
  await expectFree(client, [...(isStarted ? [] : first), ...(conversion === 'plain' ? ONE_TABLE_NAMES : [REPLACED])]);
  if (!indexes.some((index) => index.unique && index.columns.includes('id') && isKey(index))) {
    throw new ConflictError('"datapoints" has no unique key of the id, or of the id and the time.', {
      hint: 'Copy the database into an empty one: webmacs migrate-from',
    });
  }
}

/** Reads the facts of the datapoints; those of unique indexes without the event, which Citus needs in them. */
async function factsOf(client: ClientBase, isDistributed: boolean): Promise<TableFacts> {
  const facts = await tableFacts(client, 'datapoints');
  const indexes = facts.indexes.map((index) =>
    isDistributed && index.unique
      ? { ...index, columns: index.columns.filter((name) => name !== 'event_public_id') }
      : index,
  );
  return { ...facts, indexes };
}

type Index = TableFacts['indexes'][number];

/** Whether an index is one of the keys, with the time or without. */
function isKey({ unique, columns }: Index): boolean {
  const others = columns.filter((name) => name !== 'timestamp').join();
  return unique && (others === 'id' || others === 'public_id');
}

function keptIndexes({ indexes }: TableFacts): Index[] {
  return indexes.filter((index) => index.valid && !isKey(index));
}

/** @throws ConflictError if two datapoints have the same id */
async function buildOneKey(pool: Pool, copy: string, key: Key, options: CopyOptions): Promise<void> {
  try {
    await buildKey(pool, copy, key, options);
  } catch (error) {
    if (failureCode(error) !== DUPLICATE) {
      throw error;
    }
    // It would refuse rows that are not refused today.
    await runAlone(pool, `drop index concurrently if exists ${identifier(key.index)}`, options);
    const { detail = '' } = error as { detail?: string };
    throw new ConflictError(`Two datapoints have the same ${key.columns.join()}, which one table refuses: ${detail}`, {
      hint: 'Change or delete one of them in the database, and run it again: it continues.',
      cause: error,
    });
  }
}
