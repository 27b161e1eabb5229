import type { EntityManager } from '@mikro-orm/postgresql';
import { SCHEMA_KEY } from '../database/current-schema.ts';
import type { Where } from '../database/keyset.ts';
import { query } from '../database/query.ts';
import { saveChanges } from '../database/repository.ts';
import { User } from '../entities/index.ts';
import { ConflictError, InvalidInputError } from '../errors.ts';
import { quoted } from '../text/printable.ts';
import { type UserRow, visibleText } from './users.ts';

/** An identity at a single sign-on provider. */
export interface Identity {
  /** The name of the provider, as the WebMACS server is configured. */
  provider: string;
  /** The user's id there: the `sub` of its tokens. */
  subject: string;
}

const MAX_PROVIDER = 100;
const MAX_SUBJECT = 255;

/** Advisory lock for linking: no constraint makes identities unique. */
const LINK_LOCK = 0x73736f6c;

/**
 * Returns a filter for the users with, or without, a single sign-on identity.
 * @throws InvalidInputError if the database has none
 */
export function ssoFilter(em: EntityManager, linked: boolean): Where<User> {
  expectSso(em);
  return linked ? { ssoProvider: { $ne: null } } : { ssoProvider: null };
}

/**
 * Links an account to a single sign-on identity; an account that is already linked to it stays unchanged.
 * @throws InvalidInputError for an invalid identity, or a database without single sign-on; ConflictError if another account
 * has the identity, or the account another identity
 */
export async function linkSso(em: EntityManager, user: UserRow, identityGiven: Identity): Promise<UserRow> {
  const { provider, subject } = identityGiven;
  const identity = identityColumns(em, identityGiven);
  return await em.fork().transactional(async (inner) => {
    await query(inner, `select pg_advisory_xact_lock(?, ${SCHEMA_KEY})`, [LINK_LOCK]);
    const other = await inner.findOne(User, { ...identity, publicId: { $ne: user.publicId } });
    if (other) {
      throw new ConflictError(
        `The identity ${quoted(subject)} of ${quoted(provider)} is already linked to ${quoted(other.username)}.`,
        { hint: `Unlink it first: webmacs users unlink-sso ${other.publicId}` },
      );
    }
    const row = await inner.findOneOrFail(User, { publicId: user.publicId });
    if (row.ssoProvider && (row.ssoProvider !== provider || row.ssoSubjectId !== subject)) {
      throw new ConflictError(
        `${quoted(row.username)} is already linked to ${quoted(row.ssoSubjectId ?? '')} of ${quoted(row.ssoProvider)}.`,
        { hint: `Unlink it first: webmacs users unlink-sso ${row.publicId}` },
      );
    }
    return await saveChanges(inner, row, identity);
  });
}

/**
 * Removes the single sign-on identity of an account, if it has one.
 * @throws InvalidInputError for a database without single sign-on
 */
export async function unlinkSso(em: EntityManager, { publicId }: UserRow): Promise<UserRow> {
  expectSso(em);
  const own = em.fork();
  const row = await own.findOneOrFail(User, { publicId });
  return await saveChanges(own, row, { ssoProvider: null, ssoSubjectId: null });
}

/**
 * Returns the columns of an identity.
 * @throws InvalidInputError as {@link linkSso} does
 */
export function identityColumns(em: EntityManager, { provider, subject }: Identity) {
  expectSso(em);
  return {
    ssoProvider: visibleText('provider', provider, MAX_PROVIDER),
    ssoSubjectId: visibleText('subject', subject, MAX_SUBJECT),
  };
}

/** Whether the database stores identities. */
export function hasSso(em: EntityManager): boolean {
  return 'ssoProvider' in em.getMetadata().get(User).properties;
}

function expectSso(em: EntityManager): void {
  if (!hasSso(em)) {
    throw new InvalidInputError('This database has no single sign-on.', {
      hint: 'Only the newer layout of the WebMACS server, server-roles, stores identities of providers.',
    });
  }
}
