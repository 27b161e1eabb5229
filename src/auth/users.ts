import { LockMode } from '@mikro-orm/core';
import type { EntityManager } from '@mikro-orm/postgresql';
import { belongsToServer } from '../database/layouts/server.ts';
import { refuseIdAsName } from '../database/reference.ts';
import { insert, saveChanges } from '../database/repository.ts';
import { type USER_ROLES, User } from '../entities/index.ts';
import { ConflictError, InvalidInputError } from '../errors.ts';
import { defined } from '../text/defined.ts';
import { emailAddress } from '../text/email-address.ts';
import { printable, quoted } from '../text/printable.ts';
import { hashPassword } from './password.ts';

export type UserRow = User;

export type UserRole = (typeof USER_ROLES)[number];

/** What a user may do. */
export interface Privileges {
  /** `false` makes an admin a viewer where the database has roles; an operator stays an operator. */
  admin?: boolean;
  /** Only where the database has roles. */
  role?: UserRole;
}

/** A new account; without `role` and `admin` it is a viewer. Its e-mail address is stored in the form that log-in compares. */
export interface NewUser extends Privileges {
  username: string;
  email: string;
  password: string;
}

/** The properties of an account that can be changed. */
export interface UserChange extends Privileges {
  username?: string;
  email?: string;
}

/**
 * Creates an account.
 * @throws InvalidInputError for a name, address or password that the WebMACS server would not accept; ConflictError
 */
export async function createUser(
  em: EntityManager,
  { username, email, password, ...wanted }: NewUser,
): Promise<UserRow> {
  checkUsername(username);
  const columns = { username, email: storedEmail(em, email), ...privilegeColumns(em, { admin: false, ...wanted }) };
  return await insert(em, User, { ...columns, hashedPassword: await hashPassword(password) });
}

/**
 * Changes the given properties of an account. Does not demote the last admin unless `force`.
 * @throws InvalidInputError, ConflictError
 */
export async function updateUser(
  em: EntityManager,
  user: UserRow,
  change: UserChange,
  force: boolean,
): Promise<UserRow> {
  const { username } = change;
  if (username !== undefined) {
    checkUsername(username, user.username);
  }
  const email = change.email === undefined ? undefined : storedEmail(em, change.email);
  return await em.fork().transactional(async (inner) => {
    if ((change.admin === false || (change.role ?? 'admin') !== 'admin') && !force) {
      await keepLastAdmin(inner, user, 'demoted');
    }
    const row = await inner.findOneOrFail(User, { publicId: user.publicId });
    return await saveChanges(inner, row, { ...defined({ username, email }), ...privilegeColumns(em, change, row) });
  });
}

/** Returns the privileges as values of the columns that the database has: `role`, or `admin`. */
export function privilegeColumns(em: EntityManager, { admin, role }: Privileges, before?: UserRow): Privileges {
  if (!('role' in em.getMetadata().get(User).properties)) {
    if (role !== undefined) {
      throw new InvalidInputError('This database has no roles, only admins and other users.', {
        hint: 'Use --admin instead of --role admin, and omit --role otherwise.',
      });
    }
    return admin === undefined ? {} : { admin };
  }
  const demoted = before && before.role !== 'admin' ? before.role : 'viewer';
  const wanted = role ?? (admin === undefined ? undefined : admin ? 'admin' : demoted);
  // Both, so that the row in memory matches the database, which derives `admin` from the role.
  return wanted === undefined ? {} : { role: wanted, admin: wanted === 'admin' };
}

/** Returns the names of the owners of the rows, by public id. */
export async function usernamesOf(
  em: EntityManager,
  rows: { user?: { publicId: string } | null | undefined }[],
): Promise<Map<string, string>> {
  const publicIds = [...new Set(rows.flatMap(({ user }) => user?.publicId ?? []))];
  const users = await em.find(User, { publicId: { $in: publicIds } });
  return new Map(users.map(({ publicId, username }) => [publicId, username]));
}

/** Sets a new password. */
export async function setPassword(em: EntityManager, user: UserRow, password: string): Promise<void> {
  const hashedPassword = await hashPassword(password);
  await em.nativeUpdate(User, { publicId: user.publicId }, { hashedPassword });
}

/**
 * Locks the admins until the transaction ends, so that this user is not the last one to be deleted or demoted.
 * @throws ConflictError if it is
 */
export async function keepLastAdmin(em: EntityManager, user: UserRow, what: 'deleted' | 'demoted'): Promise<void> {
  const lockMode = em.isInTransaction() ? LockMode.PESSIMISTIC_WRITE : LockMode.NONE;
  const admins = await em.find(User, { admin: true }, { lockMode, orderBy: { id: 'asc' } });
  if (admins.length === 1 && admins[0]?.publicId === user.publicId) {
    throw new ConflictError(`"${user.username}" is the last admin and cannot be ${what}.`, {
      hint: 'Create another admin first, or pass --force.',
    });
  }
}

/**
 * @param before the current name, which may stay
 * @throws InvalidInputError for a user name that the WebMACS server would not accept, that looks like a public id, or like
 *   another name because it contains what cannot be seen
 */
export function checkUsername(username: string, before?: string): void {
  refuseIdAsName('user name', username, before);
  const length = [...username].length;
  if (length < 2 || length > 50 || username.trim() !== username) {
    throw new InvalidInputError(
      `${quoted(username)} is not a valid user name: use 2 to 50 characters, no leading or trailing blanks.`,
    );
  }
  if (username !== before) {
    refuseHidden('user name', username);
  }
}

/**
 * Returns an e-mail address in the form that log-in compares.
 * @throws InvalidInputError for one that is invalid, or that the WebMACS server refuses if it works on this database
 */
export function storedEmail(em: EntityManager, email: string): string {
  refuseHidden('e-mail address', email);
  return emailAddress(email, { specialUse: !belongsToServer(em) });
}

/**
 * Returns the text if a person can read and repeat it.
 * @throws InvalidInputError for an empty or long text, surrounding blanks, or characters that cannot be seen
 */
export function visibleText(what: string, text: string, maxLength: number): string {
  if (text.trim() === '' || text.trim() !== text || [...text].length > maxLength) {
    throw new InvalidInputError(
      `${quoted(text)} is not a valid ${what}: use 1 to ${maxLength} characters, no leading or trailing blanks.`,
    );
  }
  refuseHidden(what, text);
  return text;
}

function refuseHidden(what: string, text: string): void {
  if (printable(text) !== text) {
    throw new InvalidInputError(`The ${what} ${quoted(text)} contains invisible or direction-changing characters.`, {
      hint: 'Type it again; copied text often contains them.',
    });
  }
}
