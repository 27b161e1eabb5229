import { isDeepStrictEqual } from 'node:util';
import type { EntityManager } from '@mikro-orm/postgresql';
import { consequencesOfDelete } from '../database/cascade.ts';
import { InvalidInputError } from '../errors.ts';
import type { Change, Create, Difference, Keep, Update } from './change.ts';
import { checkReferences, checkSite, defaultOwner } from './check-site.ts';
import { KINDS } from './kinds/index.ts';
import { type Described, type Match, type Matched, matchSite } from './match.ts';
import type { Declared, Fields, Kind, Site, Stored } from './model.ts';
import { type Problem, SiteFileError } from './problem.ts';
import { checkSecretFor, type Secrets } from './secrets.ts';
import { storedSite } from './stored.ts';

export interface PlanOptions {
  /** Whether rows that the files do not have are deleted, of the kinds that they have. */
  prune: boolean;
  /** The kinds to apply; all by default. Others are looked at, but not changed. */
  only?: ReadonlySet<string> | undefined;
  /** The user name of the owner of new rows for which the files name none; the only admin by default. */
  owner?: string | undefined;
  secrets: Secrets;
}

/**
 * Compares what files declare with the database; returns what is to be done, each row after those that it refers to.
 * @throws SiteFileError with everything that cannot be applied; ConflictError if no admin would be left
 */
export async function planOf(em: EntityManager, site: Site, options: PlanOptions): Promise<Change[]> {
  const problems: Problem[] = [];
  const stored = await storedSite(em);
  const matched = matchSite(site, stored, problems);
  const isChosen = ({ kind }: { kind: Kind }) => options.only?.has(kind.parent?.kind ?? kind.name) ?? true;
  const deleted = matched.others.filter(
    (other) => options.prune && other.isListed && !other.kind.isCreateOnly && isChosen(other),
  );
  const owner = defaultOwner(matched, deleted, options.owner);
  const leftOut = matched.matches.filter((match) => !match.stored && !isChosen(match));
  const wanted: (Create | Update | Keep)[] = [];
  for (const match of matched.matches) {
    try {
      const fields = askedFields(match, owner);
      const missing = { deleted, leftOut: isChosen(match) ? leftOut : [] };
      if (checkReferences({ declared: match.declared, fields }, matched, missing, problems)) {
        wanted.push(await changeOf(em, match, fields, matched, options.secrets, isChosen(match)));
      }
    } catch (error) {
      if (!(error instanceof InvalidInputError)) {
        throw error;
      }
      problems.push({ place: match.declared.place, message: error.message, hint: error.hint });
    }
  }
  checkSite(wanted, matched, deleted, problems);
  if (problems.length > 0) {
    throw new SiteFileError(problems);
  }
  const changes: Change[] = wanted.filter(({ action, match }) => action !== 'keep' || match.stored);
  for (const { kind, row, name } of deleted) {
    changes.push({ action: 'delete', kind, name: labelOf(kind, row, name, stored), row });
  }
  const order = new Map(KINDS.map((kind, at) => [kind, at]));
  return changes.toSorted((one, other) => (order.get(one.kind) ?? 0) - (order.get(other.kind) ?? 0));
}

/** Counts what is deleted together with each row that is to be deleted, for people: this may read many datapoints. */
export async function withConsequences(em: EntityManager, changes: readonly Change[]): Promise<Change[]> {
  const counted: Change[] = [];
  for (const change of changes) {
    counted.push(
      change.action === 'delete'
        ? { ...change, consequences: await consequencesOfDelete(em, change.kind.entity, change.row) }
        : change,
    );
  }
  return counted;
}

/**
 * Returns the fields of a declared row, with its owner.
 * @throws InvalidInputError if none is known
 */
export function askedFields({ kind, declared, stored }: Match, owner?: string): Fields {
  if (kind.name === 'users' || kind.parent || declared.fields.owner !== undefined) {
    return declared.fields;
  }
  if (!stored && owner === undefined) {
    throw new InvalidInputError('The owner is not known.', {
      hint: 'Add "owner: USER", here or at the top of the file, or pass --as USER.',
    });
  }
  return { ...declared.fields, owner: stored ? (stored.fields.owner ?? null) : (owner ?? null) };
}

/**
 * Returns a declared row as the database would have it, such as an address in lower case. One that the database has just so is
 * not checked: the server allows more.
 * @throws InvalidInputError if the row cannot be as declared
 */
export function normalised(
  em: EntityManager | undefined,
  { kind, declared, stored }: Match,
  { keys, names }: Matched,
  asked: Fields,
): { columns: Record<string, unknown>; fields: Fields } {
  const isSame = (field: string) => isDeepStrictEqual(asked[field], stored?.fields[field]);
  if (stored && !isRenamed(kind, declared, stored) && Object.keys(stored.fields).every(isSame)) {
    return {
      columns: Object.fromEntries(kind.uniques.map((name) => [name, Reflect.get(stored.row, name)])),
      fields: stored.fields,
    };
  }
  const columns = kind.columns(em, declared.name, asked, keys, stored?.row);
  return { columns, fields: kind.fieldsOf(asRow(columns), names) };
}

/** The key of a widget is not stored. */
function isRenamed(kind: Kind, { name }: Declared, stored: Described): boolean {
  return kind.name !== 'widgets' && stored.name !== name;
}

/** @throws InvalidInputError if the row cannot be as declared */
async function changeOf(
  em: EntityManager,
  match: Match,
  asked: Fields,
  matched: Matched,
  secrets: Secrets,
  isChosen: boolean,
): Promise<Create | Update | Keep> {
  const { kind, declared, stored } = match;
  const name = declared.parent ? `${declared.parent.name} / ${declared.name}` : declared.name;
  const { columns, fields } = normalised(em, match, matched, asked);
  const wanted = { kind, name, match, columns, fields };
  if (!isChosen && !stored) {
    return { action: 'keep', ...wanted, differences: [] };
  }
  if (!stored) {
    const secret = await secretForNew(match, secrets);
    return { action: 'create', ...wanted, ...(secret !== undefined && { secret }) };
  }
  const renamedFrom = isRenamed(kind, declared, stored) ? stored.name : undefined;
  const differences: Difference[] = Object.keys(fields)
    .filter((field) => !isDeepStrictEqual(stored.fields[field], fields[field]))
    .map((field) => ({ field, before: stored.fields[field] ?? null, after: fields[field] ?? null }));
  const secret = await changedSecret(match, stored.row, secrets);
  if (secret !== undefined) {
    differences.push({ field: kind.name === 'users' ? 'password' : 'secret' });
  }
  if (kind.isCreateOnly || !isChosen || (differences.length === 0 && renamedFrom === undefined)) {
    return { action: 'keep', ...wanted, differences };
  }
  return {
    action: 'change',
    ...wanted,
    row: stored.row,
    differences,
    ...(renamedFrom !== undefined && { renamedFrom }),
    ...(secret !== undefined && { secret }),
  };
}

/** Returns properties in the form that a row has them: references are entities there. */
function asRow(columns: Record<string, unknown>): Stored {
  const reference = (publicId: unknown) => (publicId ? { publicId } : null);
  const { user, event } = columns;
  return {
    ...columns,
    ...('user' in columns && { user: reference(user) }),
    ...('event' in columns && { event: reference(event) }),
  } as unknown as Stored;
}

/** @throws InvalidInputError if a new user has no password, or the secret of a webhook is not there */
async function secretForNew({ kind, declared }: Match, secrets: Secrets): Promise<string | null | undefined> {
  const { secret: from } = declared;
  if (!from) {
    if (kind.name === 'users') {
      throw new InvalidInputError('A new user needs a password.', {
        hint: 'Add password_from: {env: NAME}, {file: PATH} or {command: COMMAND}.',
      });
    }
    return from;
  }
  const secret = await secrets.read(from);
  if (secret === undefined) {
    const source =
      'env' in from
        ? `The variable ${from.env} is not set`
        : `The file ${'file' in from ? from.file : ''} does not exist`;
    throw new InvalidInputError(`${source}, and the ${kind.singular} is new.`, { hint: 'Set it, and try again.' });
  }
  checkSecretFor(kind.name, secret);
  return secret;
}

/** Returns the secret that a row is to get; `undefined` if it stays as it is. */
async function changedSecret(
  { kind, declared }: Match,
  row: Stored,
  secrets: Secrets,
): Promise<string | null | undefined> {
  const { secret: from } = declared;
  if (from === undefined) {
    return undefined;
  }
  const secret = from === null ? null : await secrets.read(from);
  if (secret === undefined || (await secrets.isSame(row, secret))) {
    return undefined;
  }
  if (secret !== null) {
    checkSecretFor(kind.name, secret);
  }
  return secret;
}

function labelOf(kind: Kind, row: Stored, name: string, stored: ReadonlyMap<string, readonly Stored[]>): string {
  const parent = KINDS.find((other) => other.name === kind.parent?.kind);
  const parentRow = parent && stored.get(parent.name)?.find(({ id }) => id === kind.parent?.idOf(row));
  return parent && parentRow ? `${parent.nameOf(parentRow)} / ${name}` : name;
}
