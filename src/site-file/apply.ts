import { IsolationLevel, type RequiredEntityData } from '@mikro-orm/core';
import type { EntityManager } from '@mikro-orm/postgresql';
import { SCHEMA_KEY } from '../database/current-schema.ts';
import type { Database } from '../database/database.ts';
import { databaseFailure, failureCode } from '../database/failure.ts';
import { query } from '../database/query.ts';
import { withLock } from '../database/session.ts';
import { identifier } from '../database/sql.ts';
import { ConflictError, LockTimeoutError } from '../errors.ts';
import type { Change, Create, Delete, Update } from './change.ts';
import { KINDS } from './kinds/index.ts';
import type { Declared, Kind, Site, Stored } from './model.ts';
import { type PlanOptions, planOf } from './plan.ts';
import { type ChangeFacts, describePlan } from './plan-facts.ts';
import type { Secrets } from './secrets.ts';

/** "site" as a number: the advisory lock of everybody who applies a file. */
const APPLY_LOCK = 0x73697465;

export interface ApplyOptions extends PlanOptions {
  lockTimeoutSeconds: number;
  signal: AbortSignal;
}

/**
 * Makes the database as files declare it, in one transaction.
 * @param agreed what was shown before; if the database has changed so that something else would be done, nothing is
 * @throws SiteFileError as {@link planOf}; ConflictError if the plan has changed; LockTimeoutError
 */
export async function applySite(
  { em, pool }: Pick<Database, 'em' | 'pool'>,
  site: Site,
  agreed: readonly Change[],
  options: ApplyOptions,
): Promise<void> {
  // This takes a third of a second each: not while others wait.
  for (const { name, secret } of secretsOf(agreed)) {
    await options.secrets.hashed(name, secret);
  }
  const busy = () => {
    throw new LockTimeoutError('Another "webmacs apply" is running.', {
      hint: 'Try again, or wait longer with --lock-timeout.',
    });
  };
  const lock = {
    key: APPLY_LOCK,
    of: SCHEMA_KEY,
    timeoutSeconds: options.lockTimeoutSeconds,
    signal: options.signal,
    busy,
  };
  await withLock(pool, lock, async () => {
    try {
      await em.transactional(
        async (inner) => {
          const changes = await planOf(inner, site, options);
          requireSame(agreed, changes);
          options.signal.throwIfAborted();
          await execute(inner, changes, options.secrets);
        },
        { isolationLevel: IsolationLevel.REPEATABLE_READ },
      );
    } catch (error) {
      if (CHANGED_MEANWHILE.has(failureCode(error) ?? '')) {
        throw new ConflictError('The rows were changed by somebody else at the same time; nothing was changed.', {
          hint: 'Run the command again.',
          cause: error,
        });
      }
      throw databaseFailure(error, 'the database');
    }
  });
}

/** serialization_failure, deadlock_detected */
const CHANGED_MEANWHILE = new Set(['40001', '40P01']);

function secretsOf(changes: readonly Change[]): { name: string; secret: string }[] {
  return changes.flatMap((change) =>
    'secret' in change && change.kind.name === 'users' && change.action !== 'keep' && change.secret
      ? [{ name: change.name, secret: change.secret }]
      : [],
  );
}

/** @throws ConflictError naming what is different */
function requireSame(agreed: readonly Change[], changes: readonly Change[]): void {
  const [before, now] = [factsByText(agreed), factsByText(changes)];
  const different = [...now].find(([text]) => !before.has(text)) ?? [...before].find(([text]) => !now.has(text));
  if (different) {
    const [, { action, kind, name, differences = {} }] = different;
    const fields = Object.keys(differences);
    const how = fields.length > 0 ? ` (${action}: ${fields.join(', ')})` : ` (${action})`;
    throw new ConflictError(
      `The database has changed since the plan was made, and nothing was done. Now different: "${name}" of ${kind}${how}.`,
      { hint: 'Look at the new plan: run the command again.' },
    );
  }
}

/** Returns what a plan does by its text. How many datapoints are deleted changes all the time. */
function factsByText(plan: readonly Change[]): Map<string, ChangeFacts> {
  return new Map(
    describePlan(plan).map((change) => {
      const { deletes: _deletes, detaches: _detaches, ...rest } = change;
      return [JSON.stringify(rest), change];
    }),
  );
}

/** Creates and changes rows kind by kind, and then deletes, in the reverse order. */
async function execute(em: EntityManager, changes: readonly Change[], secrets: Secrets): Promise<void> {
  const rows = new Map<Declared, Stored>();
  for (const kind of KINDS) {
    const ofKind = changes.filter((change) => change.kind === kind);
    await freeUniqueValues(em, kind, ofKind);
    for (const change of ofKind) {
      if (change.action === 'create' || change.action === 'change') {
        rows.set(change.match.declared, await write(em, change, rows, secrets));
      } else if (change.action === 'keep' && change.match.stored) {
        rows.set(change.match.declared, change.match.stored.row);
      }
    }
    await em.flush().catch((error: unknown) => {
      throw databaseFailure(error, 'the database');
    });
  }
  for (const kind of KINDS.toReversed()) {
    const gone = changes.filter((change): change is Delete => change.action === 'delete' && change.kind === kind);
    if (gone.length > 0) {
      await em.nativeDelete(kind.entity, { publicId: { $in: gone.map(({ row }) => row.publicId) } });
    }
  }
}

/** Puts a row into the unit of work. */
async function write(
  em: EntityManager,
  change: Create | Update,
  rows: ReadonlyMap<Declared, Stored>,
  secrets: Secrets,
): Promise<Stored> {
  const { kind, match, columns } = change;
  const parent = match.declared.parent && rows.get(match.declared.parent);
  const values = {
    ...columns,
    ...(kind.parent && parent && { [kind.parent.property]: parent }),
    ...(await secretColumn(change, secrets)),
  };
  // The types of the ORM cannot follow an entity that is a type parameter.
  return change.action === 'create'
    ? em.create(kind.entity, { publicId: match.publicId, ...values } as unknown as RequiredEntityData<Stored>)
    : em.assign(change.row, values as never);
}

async function secretColumn({ kind, name, secret }: Create | Update, secrets: Secrets): Promise<object> {
  if (secret === undefined) {
    return {};
  }
  return kind.name === 'users' && secret !== null ? { hashedPassword: await secrets.hashed(name, secret) } : { secret };
}

/** Frees unique values that move from one row to another, since each row is unique after every statement. */
async function freeUniqueValues(em: EntityManager, kind: Kind, changes: readonly Change[]): Promise<void> {
  const meta = em.getMetadata().get(kind.entity);
  for (const property of kind.uniques) {
    const column = meta.properties[property]?.fieldNames[0] ?? '';
    const wanted = new Set(
      changes.flatMap((change) => ('columns' in change && change.action !== 'keep' ? [change.columns[property]] : [])),
    );
    for (const change of changes) {
      const isMoving =
        change.action === 'delete' ||
        (change.action === 'change' && change.columns[property] !== Reflect.get(change.row, property));
      if (isMoving && wanted.has(Reflect.get(change.row, property))) {
        const { publicId } = change.row;
        await query(em, `update ${identifier(meta.tableName)} set ${identifier(column)} = ? where public_id = ?`, [
          publicId.slice(0, 50),
          publicId,
        ]);
        Reflect.set(change.row, property, publicId.slice(0, 50));
      }
    }
  }
}
