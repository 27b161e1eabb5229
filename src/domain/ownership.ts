import type { EntityMetadata } from '@mikro-orm/core';
import type { EntityManager } from '@mikro-orm/postgresql';
import { belongsToServer } from '../database/layouts/server.ts';
import { query } from '../database/query.ts';
import { saveChanges } from '../database/repository.ts';
import { identifier } from '../database/sql.ts';
import { FirmwareUpdate, User } from '../entities/index.ts';
import { ConflictError, InvalidInputError } from '../errors.ts';

/** The property of all rows that belong to a user. */
export const OWNER = 'user';

/** A change of the owner, together with other properties of a row. */
export interface OwnerChange {
  /** The public id of the new owner. */
  userPublicId?: string | undefined;
}

/** Returns the new owner as the ORM sets it. */
export function ownerOf({ userPublicId }: OwnerChange): { user?: string } {
  return userPublicId === undefined ? {} : { user: userPublicId };
}

export async function setOwner<T extends { user?: unknown }>(
  em: EntityManager,
  row: T,
  change: OwnerChange,
): Promise<T> {
  // The ORM's types cannot follow an entity that is a type parameter.
  return (await saveChanges(em, row as object, ownerOf(change))) as T;
}

/** Returns the versions of the firmware that has no owner; the server's firmware page fails while there is one. */
export async function firmwareWithoutOwner(em: EntityManager): Promise<string[]> {
  const rows = await em.find(FirmwareUpdate, { user: null }, { orderBy: { id: 'asc' } });
  return belongsToServer(em) ? rows.map(({ version }) => version) : [];
}

/**
 * Refuses to delete a user whose firmware would lose its owner, where the WebMACS server works on the database.
 * @throws ConflictError
 */
export async function keepFirmwareOwned(em: EntityManager, { publicId, username }: User): Promise<void> {
  const firmware = belongsToServer(em)
    ? await em.find(FirmwareUpdate, { user: publicId }, { orderBy: { id: 'asc' } })
    : [];
  if (firmware.length > 0) {
    const [first] = firmware;
    const others = firmware.length > 1 ? ` and ${firmware.length - 1} more` : '';
    throw new ConflictError(
      `"${username}" registered the firmware ${first?.version}${others}: the WebMACS server cannot show firmware without an owner.`,
      {
        hint: `Choose a new owner for everything that belongs to the user: webmacs users delete ${publicId} --reassign-to USER`,
      },
    );
  }
}

/** Locks users until the end of the transaction, so that nobody gives them rows, or deletes them. */
export async function lockUsers(em: EntityManager, users: readonly User[]): Promise<void> {
  for (const { id } of users.toSorted((one, other) => one.id - other.id)) {
    await query(em, 'select id from users where id = ? for update', [id]);
  }
}

/** Counts the rows that belong to a user, by table; tables without any are left out. */
export async function countOwned(em: EntityManager, { publicId }: User): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { table, column } of ownedTables(em)) {
    const [row] = await query<{ rows: number }>(
      em,
      `select count(*)::float8 as rows from ${table} where ${column} = ?`,
      [publicId],
    );
    if (row && row.rows > 0) {
      counts[table.replaceAll('"', '')] = row.rows;
    }
  }
  return counts;
}

/**
 * Makes one user the owner of everything that belongs to another, in the entity manager's transaction.
 * @throws InvalidInputError if they are the same; ConflictError if both have a dashboard of one name
 */
export async function reassign(em: EntityManager, from: User, to: User): Promise<void> {
  await checkHeir(em, from, to);
  for (const { table, column } of ownedTables(em)) {
    await query(em, `update ${table} set ${column} = ? where ${column} = ?`, [to.publicId, from.publicId]);
  }
}

/** @throws InvalidInputError, ConflictError as {@link reassign} does */
export async function checkHeir(em: EntityManager, from: User, to: User): Promise<void> {
  if (from.publicId === to.publicId) {
    throw new InvalidInputError(`"${to.username}" cannot take over from itself.`, { hint: 'Choose another user.' });
  }
  const [twin] = await query<{ name: string; public_id: string }>(
    em,
    `select name, public_id from dashboards where user_public_id = ?
        and name in (select name from dashboards where user_public_id = ?) order by id limit 1`,
    [from.publicId, to.publicId],
  );
  if (twin) {
    throw new ConflictError(`Both "${from.username}" and "${to.username}" have a dashboard "${twin.name}".`, {
      hint: `Rename one first: webmacs dashboards update ${twin.public_id} --name NAME`,
    });
  }
}

function ownedTables(em: EntityManager): { table: string; column: string }[] {
  return [...em.getMetadata().getAll().values()].flatMap((meta: EntityMetadata) =>
    meta.relations
      .filter(({ name, owner, targetMeta }) => name === OWNER && owner && targetMeta?.class === User)
      .map(({ fieldNames: [column = ''] }) => ({ table: identifier(meta.tableName), column: identifier(column) })),
  );
}
