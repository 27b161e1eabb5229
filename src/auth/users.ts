import { LockMode } from '@mikro-orm/core';
import type { EntityManager } from '@mikro-orm/postgresql';
import { databaseFailure } from '../database/failure.ts';
import { refuseIdAsName } from '../database/reference.ts';
import { insert } from '../database/repository.ts';
import { type USER_ROLES, User } from '../entities/index.ts';
import { ConflictError, InvalidInputError } from '../errors.ts';
import { hashPassword } from './password.ts';

export type UserRow = User;

export type UserRole = (typeof USER_ROLES)[number];

/** What a new account needs; one of neither role nor admin is a viewer. */
export interface NewUser {
  username: string;
  email: string;
  password: string;
  admin?: boolean;
  /** Where the database has roles. */
  role?: UserRole;
}

/** What can be changed of an account. */
export interface UserChange {
  username?: string;
  email?: string;
  /** `false` makes an admin a viewer where the database has roles, and leaves an operator one. */
  admin?: boolean;
  /** Where the database has roles. */
  role?: UserRole;
}

/**
 * Makes an account.
 * @throws InvalidInputError for a name, address or password that the server would not accept, ConflictError
 */
export async function createUser(em: EntityManager, { username, email, password, ...wish }: NewUser): Promise<UserRow> {
  checkUsername(username);
  checkEmail(email);
  const standing = standingOf(em, { admin: false, ...wish });
  return await insert(em, User, { username, email, ...standing, hashedPassword: await hashPassword(password) });
}

/**
 * Changes an account. The last admin stays one unless `force`.
 * @throws InvalidInputError, ConflictError
 */
export async function updateUser(
  em: EntityManager,
  user: UserRow,
  change: UserChange,
  force: boolean,
): Promise<UserRow> {
  const { username, email } = change;
  if (username !== undefined) {
    checkUsername(username, user.username);
  }
  if (email !== undefined) {
    checkEmail(email);
  }
  return await em.fork().transactional(async (inner) => {
    if ((change.admin === false || (change.role ?? 'admin') !== 'admin') && !force) {
      await keepLastAdmin(inner, user, 'demoted');
    }
    const row = await inner.findOneOrFail(User, { publicId: user.publicId });
    inner.assign(row, {
      ...(username ? { username } : {}),
      ...(email ? { email } : {}),
      ...standingOf(em, change, row),
    });
    await inner.flush().catch((error: unknown) => {
      throw databaseFailure(error, 'the database');
    });
    return row;
  });
}

/** What an account may do, as the columns say it that the database has: `role`, or `admin`. */
function standingOf(
  em: EntityManager,
  { admin, role }: Pick<UserChange, 'admin' | 'role'>,
  before?: UserRow,
): Pick<UserChange, 'admin' | 'role'> {
  if (!('role' in em.getMetadata().get(User).properties)) {
    if (role !== undefined) {
      throw new InvalidInputError('This database knows admins and others, but no roles.', {
        hint: 'Pass --admin for an admin, or neither.',
      });
    }
    return admin === undefined ? {} : { admin };
  }
  const demoted = before && before.role !== 'admin' ? before.role : 'viewer';
  const wanted = role ?? (admin === undefined ? undefined : admin ? 'admin' : demoted);
  // Both, so that the row in memory says what the database will: there `admin` is read from the role.
  return wanted === undefined ? {} : { role: wanted, admin: wanted === 'admin' };
}

/** Gives an account a new password. */
export async function setPassword(em: EntityManager, user: UserRow, password: string): Promise<void> {
  const hashedPassword = await hashPassword(password);
  await em.nativeUpdate(User, { publicId: user.publicId }, { hashedPassword });
}

/**
 * Locks the admins until the transaction ends, and refuses when this user is the only one.
 * @throws ConflictError
 */
export async function keepLastAdmin(em: EntityManager, user: UserRow, what: 'deleted' | 'demoted'): Promise<void> {
  const lockMode = em.isInTransaction() ? LockMode.PESSIMISTIC_WRITE : LockMode.NONE;
  const admins = await em.find(User, { admin: true }, { lockMode, orderBy: { id: 'asc' } });
  if (admins.length === 1 && admins[0]?.publicId === user.publicId) {
    throw new ConflictError(`"${user.username}" is the last admin and cannot be ${what}.`, {
      hint: 'Make another admin first, or pass --force.',
    });
  }
}

/**
 * @param before the name until now, which can stay
 * @throws InvalidInputError for what the server would not accept as a user name, or what looks like a public id
 */
export function checkUsername(username: string, before?: string): void {
  refuseIdAsName('user name', username, before);
  const length = [...username].length;
  if (length < 2 || length > 50 || username.trim() !== username) {
    throw new InvalidInputError(`"${username}" is no user name: it needs 2 to 50 characters, no blanks at the ends.`);
  }
}

/** @throws InvalidInputError for what is no e-mail address */
export function checkEmail(email: string): void {
  if (email.length > 255 || !/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(email)) {
    throw new InvalidInputError(`"${email}" is no e-mail address.`, { hint: 'It is what the user logs in with.' });
  }
}
