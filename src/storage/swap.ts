import { identifier, literal } from '../database/sql.ts';
import { commented, constraintComments, keyComment, renameLater } from './comments.ts';
import { continueIdentity, rememberId } from './next-id.ts';
import { nextStart, type Period, partitionName } from './periods.ts';
import { BOUND_CHECK, COPIES, type TableFacts } from './table-facts.ts';

/** The keys of partitions, which include the time; built beforehand under these names. */
export const KEYS = [
  { index: 'datapoints_by_id_and_time', columns: ['id', 'timestamp'], suffix: 'pkey', primary: true },
  {
    index: 'datapoints_by_public_id_and_time',
    columns: ['public_id', 'timestamp'],
    suffix: 'public_id_key',
    primary: false,
  },
] as const;

/** Those of one table, likewise. */
export const ONE_TABLE_KEYS = [
  { index: 'datapoints_by_id', columns: ['id'], suffix: 'pkey', primary: true },
  { index: 'datapoints_by_public_id', columns: ['public_id'], suffix: 'public_id_key', primary: false },
] as const;

/** Those of datapoints on several servers, which include the event. */
export const EVENT_KEYS = [
  { columns: ['id', 'event_public_id'], suffix: 'pkey', primary: true },
  { columns: ['public_id', 'event_public_id'], suffix: 'public_id_key', primary: false },
] as const;

/** The name of a table that another one has replaced, until it is dropped. */
export const REPLACED = 'datapoints_replaced';
/** Its comment. */
export const MARK = 'webmacs: replaced, to be dropped';
/** What is made while one table replaces another form. */
export const ONE_TABLE_NAMES = [REPLACED, ...ONE_TABLE_KEYS.map(({ suffix }) => `${COPIES.plain}_${suffix}`)];

/**
 * Those that the foreign keys refer to come first, if the role may lock them itself: otherwise what changes the keys does. The table
 * itself, which many use, comes last.
 */
export const LOCKS = `do $$ begin
    lock table events, experiments in access exclusive mode;
  exception when insufficient_privilege then null; end $$;
  lock table datapoints in access exclusive mode`;

/** The check that makes reading all rows of the first partition unnecessary. */
export function boundCheck(upper: number): { name: string; definition: string } {
  return { name: BOUND_CHECK, definition: `check ("timestamp" < ${timeLiteral(upper)})` };
}

/**
 * Returns the statements that put a partitioned table in the place of the table, with all that it has, and make that the
 * first partition.
 * @param upper the end of the first partition, in milliseconds since 1970
 */
export function becomePartition(
  facts: TableFacts,
  { period, upper, ahead }: { period: Period; upper: number; ahead: number },
): string[] {
  const { constraints, sequence } = facts;
  const first = firstPartition(period, upper);
  const kept = keptIndexes(facts);
  const own = constraints.filter(({ kind, name }) => (kind === 'c' && name !== BOUND_CHECK) || kind === 'f');
  const primary = constraints.find(({ kind }) => kind === 'p');
  const names = partitionIndexes(facts, first);
  const ofFirst = (name: string) => names.get(name) ?? name;
  return [
    LOCKS,
    `alter table datapoints rename to ${identifier(first)}`,
    ...[...names].map(([name, ofFirst]) => `alter index ${identifier(name)} rename to ${identifier(ofFirst)}`),
    ...(primary ? [`alter table ${identifier(first)} drop constraint ${identifier(primary.name)}`] : []),
    ...KEYS.map(
      ({ index, suffix, primary: isPrimary }) =>
        `alter table ${identifier(first)} add constraint ${identifier(`${first}_time_${suffix}`)} ${
          isPrimary ? 'primary key' : 'unique'
        } using index ${identifier(index)}`,
    ),
    ...(sequence?.identity ? [rememberId(sequence), `alter table ${identifier(first)} alter id drop identity`] : []),
    `create table datapoints (like ${identifier(first)} including defaults including comments including storage including compression)
       partition by range ("timestamp")`,
    ...columnSettings(facts, 'datapoints'),
    ...(sequence?.identity
      ? continueIdentity(sequence.always)
      : sequence
        ? [`alter sequence ${sequence.name} owned by datapoints.id`]
        : []),
    ...heldBy(facts),
    ...KEYS.map(
      ({ columns, suffix, primary: isPrimary }) =>
        `alter table datapoints add constraint ${identifier(`datapoints_${suffix}`)} ${
          isPrimary ? 'primary key' : 'unique'
        } (${columns.map(identifier).join(', ')})`,
    ),
    ...own.map(({ name, definition }) => `alter table datapoints add constraint ${identifier(name)} ${definition}`),
    `alter table datapoints attach partition ${identifier(first)} for values from (minvalue) to (${timeLiteral(upper)})`,
    // Each its own: of several with the same columns, PostgreSQL would attach any.
    ...kept.flatMap(({ name, definition }) => [
      definition.replace(/^(CREATE INDEX (?:"(?:[^"]|"")+"|\S+) ON) /, '$1 ONLY '),
      `alter index ${identifier(name)} attach partition ${identifier(ofFirst(name))}`,
    ]),
    ...kept.map(({ name, comment }) => commented(`index ${identifier(name)}`, comment)),
    ...KEYS.map(({ suffix }) => commented(`index datapoints_${suffix}`, keyComment(facts, suffix))),
    ...constraintComments(facts, 'datapoints'),
    `alter table ${identifier(first)} drop constraint ${identifier(BOUND_CHECK)}`,
    ...newPartitions(facts, period, upper, ahead),
  ];
}

/** Returns the statements that put the only partition with rows in the place of the partitioned table, with its others. */
export function becomePlain(parent: TableFacts, leaf: TableFacts): string[] {
  const name = `${leaf.schema}.${identifier(leaf.table)}`;
  const { sequence } = parent;
  const key = ownKey(leaf);
  const attached = leaf.indexes.filter(
    ({ parent, columns }) => parent !== null && columns.join() === 'public_id,timestamp',
  );
  const keys = leaf.constraints.filter(
    (constraint) =>
      constraint.kind === 'p' ||
      (constraint.kind === 'u' && (constraint.name === key || attached.some(({ name }) => name === constraint.name))),
  );
  const others = leaf.indexes.filter((index) => !keys.some((one) => one.name === index.name));
  return [
    `alter table datapoints detach partition ${name}`,
    ...(sequence && !sequence.identity ? [`alter sequence ${sequence.name} owned by ${name}.id`] : []),
    ...makeWay(parent),
    `alter table ${name} rename to datapoints`,
    ...(sequence?.identity ? continueIdentity(sequence.always) : []),
    ...heldBy(parent),
    ...keys.map((key) => `alter table datapoints drop constraint ${identifier(key.name)}`),
    ...oneTableKeys(parent),
    ...others.flatMap((index) => {
      const wanted = parent.indexes.find((one) => one.name === index.parent);
      return wanted ? [renameLater(identifier(index.name), wanted)] : [];
    }),
    ...renamedReferences(parent, leaf),
    ...constraintComments(parent, COPIES.plain),
  ];
}

/** Returns the statements that give the references of a partition the names of those of all; several may have the same definition. */
function renamedReferences(parent: TableFacts, leaf: TableFacts): string[] {
  const namesIn = ({ constraints }: TableFacts, wanted: string) =>
    constraints.filter(({ kind, definition }) => kind === 'f' && definition === wanted).map(({ name }) => name);
  const definitions = new Set(leaf.constraints.filter(({ kind }) => kind === 'f').map(({ definition }) => definition));
  return [...definitions].flatMap((definition) => {
    const [wanted, present] = [namesIn(parent, definition), namesIn(leaf, definition)];
    const free = wanted.filter((name) => !present.includes(name));
    return present
      .filter((name) => !wanted.includes(name))
      .slice(0, free.length)
      .map(
        (name, at) => `alter table datapoints rename constraint ${identifier(name)} to ${identifier(free[at] ?? name)}`,
      );
  });
}

/**
 * Returns the statements that make way for the table that replaces that of the datapoints. To drop its partitions or chunks, or to
 * rename their indexes, would take milliseconds for each, so that is left for `finishReplacing`.
 */
export function makeWay({ sequence, triggers }: TableFacts): string[] {
  return [
    // References still change its rows.
    ...triggers.map(({ sql }) => `drop trigger ${sql} on datapoints`),
    ...(sequence?.identity
      ? [rememberId(sequence), `alter sequence ${sequence.name} rename to ${REPLACED}_id_seq`]
      : []),
    `alter table datapoints rename to ${REPLACED}`,
    `comment on table ${REPLACED} is ${literal(MARK)}`,
  ];
}

/** Returns the statements that make constraints of the unique indexes of one table, with their names until it has no other. */
export function oneTableKeys(facts: TableFacts): string[] {
  return ONE_TABLE_KEYS.flatMap(({ index, suffix, primary }) => {
    const name = `${COPIES.plain}_${suffix}`;
    return [
      `alter table datapoints add constraint ${name} ${primary ? 'primary key' : 'unique'} using index ${index}`,
      renameLater(name, { name: `datapoints_${suffix}`, comment: keyComment(facts, suffix) }),
    ];
  });
}

/**
 * Returns the statements that add partitions, one after the other.
 * @param facts those of the datapoints
 * @param start that of the first of them, in milliseconds since 1970
 */
export function newPartitions(facts: TableFacts, period: Period, start: number, count: number): string[] {
  const statements: string[] = [];
  for (let from = start; statements.length < count; ) {
    const to = nextStart(period, from);
    statements.push(newPartition(facts, partitionName(period, from), from, to));
    from = to;
  }
  return statements;
}

/**
 * Returns the statements that add a partition. To attach a table waits for nobody who reads or writes the others.
 * @param facts those of the datapoints
 * @param from its start in milliseconds since 1970; null for the beginning of time
 */
export function newPartition(facts: TableFacts, name: string, from: number | null, to: number): string {
  const table = `${facts.schema}.${identifier(name)}`;
  return `create table ${table} (like datapoints including defaults including constraints including storage including compression)${storageOptions(facts)};
    ${columnSettings(facts, table)
      .map((statement) => `${statement};`)
      .join('\n')}
    alter table datapoints attach partition ${table} for values from (${from === null ? 'minvalue' : timeLiteral(from)}) to (${timeLiteral(to)})`;
}

/** Returns how a new table gets the storage parameters of another one. */
export function storageOptions({ options }: TableFacts): string {
  return options.length === 0 ? '' : ` with (${options.join(', ')})`;
}

/** Returns the statements that give the columns of a table the settings that those of another one have. */
export function columnSettings({ columns }: TableFacts, table: string): string[] {
  return columns.flatMap(({ sql, settings }) =>
    settings.map((setting) => `alter table ${table} alter column ${sql} ${setting}`),
  );
}

/** Returns the name of the partition for all times before a period. */
export function firstPartition(period: Period, start: number): string {
  return partitionName(period, start).replace('datapoints_', 'datapoints_before_');
}

/** Returns the statements that give the new table the owner, privileges and comment of the old one. */
function heldBy(facts: TableFacts): string[] {
  return [...ownedBy(facts, 'datapoints'), commented('table datapoints', facts.comment)];
}

/** Returns the statements that give a table the owner and the privileges of another one, instead of the default ones. */
export function ownedBy({ owner, grants }: TableFacts, table: string): string[] {
  return [
    `alter table ${table} owner to ${owner}`,
    `do $$ declare other text; begin
       for other in select case grantee when 0 then 'public' else grantee::regrole::text end
                      from pg_class, aclexplode(relacl) where oid = '${table}'::regclass and grantee <> relowner loop
         execute format('revoke all on table ${table} from %s', other);
       end loop;
     end $$`,
    ...grants.map(({ privilege, to }) => `grant ${privilege} on table ${table} to ${to}`),
  ];
}

/** Returns the name of the unique index on the public id that a partition has from when it was the table. */
export function ownKey({ table, indexes }: TableFacts): string | undefined {
  const own = indexes.filter(
    ({ unique, parent, columns }) => unique && parent === null && columns.join() === 'public_id',
  );
  return (own.find(({ name }) => name === `${table}_public_id_key`) ?? own[0])?.name;
}

/** Returns the indexes that become those of all partitions: a unique one cannot. */
function keptIndexes({ indexes }: TableFacts): TableFacts['indexes'] {
  return indexes.filter(({ unique, valid }) => valid && !unique);
}

/** Returns names for indexes of the first partition, for their own become those of the partitioned table, as those of its keys do. */
export function partitionIndexes(facts: TableFacts, first: string): Map<string, string> {
  const names = new Map<string, string>();
  const keys = facts.indexes.filter(
    ({ name, primary }) => !primary && KEYS.some(({ suffix }) => name === `datapoints_${suffix}`),
  );
  for (const { name } of new Set([...keptIndexes(facts), ...keys])) {
    const wanted = name.includes('datapoints') ? name.replace('datapoints', first) : `${first}_${name}`;
    let free = wanted.slice(0, 63);
    for (let n = 2; [...names.values()].includes(free); n += 1) {
      free = `${wanted.slice(0, 60)}_${n}`;
    }
    names.set(name, free);
  }
  return names;
}

/** @param moment in milliseconds since 1970 */
export function timeLiteral(moment: number): string {
  return `timestamptz ${literal(new Date(moment).toISOString())}`;
}
