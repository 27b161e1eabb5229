import { isDeepStrictEqual } from 'node:util';
import { describeRect, type GridRect, overlap } from '../domain/grid.ts';
import { ConflictError } from '../errors.ts';
import { nearest } from '../text/near.ts';
import type { Wanted } from './change.ts';
import type { Match, Matched, Other } from './match.ts';
import type { Declared, Fields } from './model.ts';
import type { Problem } from './problem.ts';

/** Returns the user name of the owner of rows without one: as given, or the only admin that there will be. */
export function defaultOwner(
  matched: Matched,
  deleted: readonly Other[],
  given: string | undefined,
): string | undefined {
  const admins = usersAfter(matched, deleted).filter(({ fields }) => fields.role === 'admin');
  return given ?? (admins.length === 1 ? admins[0]?.name : undefined);
}

/** The users that there will be, with their roles. */
function usersAfter({ matches, others }: Matched, deleted: readonly Other[]): { name: string; fields: Fields }[] {
  const declared = matches.filter(({ kind }) => kind.name === 'users').map(({ declared }) => declared);
  return [...declared, ...others.filter((other) => other.kind.name === 'users' && !deleted.includes(other))];
}

/**
 * Checks that the rows that a declared one refers to exist, and will.
 * @param leftOut new rows that are not created
 * @param problems gets what is wrong
 */
export function checkReferences(
  { declared, fields }: { declared: Declared; fields: Fields },
  { keys }: Matched,
  { deleted, leftOut }: { deleted: readonly Other[]; leftOut: readonly Match[] },
  problems: Problem[],
): boolean {
  const before = problems.length;
  for (const [field, kind] of [
    ['owner', 'users'],
    ['event', 'events'],
  ] as const) {
    const name = fields[field];
    if (typeof name !== 'string') {
      continue;
    }
    if (!keys[kind].has(name)) {
      const near = nearest(name, keys[kind].keys());
      const where = kind === 'users' ? 'user' : 'event';
      problems.push({
        place: declared.place,
        message: `The ${field} "${name}" is neither in the files nor in the database.`,
        hint: near === undefined ? `Declare the ${where}.` : `Did you mean "${near}"?`,
      });
    } else if (deleted.some((other) => other.kind.name === kind && other.name === name)) {
      problems.push({
        place: declared.place,
        message: `The ${field} "${name}" is not in the files, and so would be deleted.`,
        hint: kind === 'users' ? 'Declare the user, or another owner.' : 'Declare the event, or use another one.',
      });
    } else if (leftOut.some((match) => match.kind.name === kind && match.declared.name === name)) {
      problems.push({
        place: declared.place,
        message: `The ${field} "${name}" is new, and would not be created.`,
        hint: `Add ${kind} to --only.`,
      });
    }
  }
  return problems.length === before;
}

/**
 * Checks what concerns several rows: values that must be unique, and the layout of dashboards.
 * @param problems gets what is wrong
 * @throws ConflictError if no admin would be left
 */
export function checkSite(
  wanted: readonly Wanted[],
  matched: Matched,
  deleted: readonly Other[],
  problems: Problem[],
): void {
  const kept = matched.others.filter((other) => !deleted.includes(other));
  const taken = new Map<string, string>();
  for (const { kind, row, name } of kept) {
    for (const property of kind.uniques as readonly string[]) {
      taken.set(JSON.stringify([kind.name, property, Reflect.get(row, property)]), name);
    }
  }
  for (const { kind, match, columns } of wanted) {
    for (const property of kind.uniques as readonly string[]) {
      const key = JSON.stringify([kind.name, property, columns[property]]);
      const other = taken.get(key);
      if (other !== undefined) {
        problems.push({
          place: match.declared.place,
          message: `The ${kind.singular} "${other}" has the same ${property === 'email' ? 'e-mail address' : 'name'}, ${String(columns[property])}.`,
        });
      }
      taken.set(key, match.declared.name);
    }
  }
  checkIdentities(wanted, problems);
  checkLayouts(wanted, kept, problems);
  const hadUsers =
    matched.others.some(({ kind }) => kind.name === 'users') ||
    matched.matches.some(({ kind, stored }) => kind.name === 'users' && stored);
  if (hadUsers && !usersAfter(matched, deleted).some(({ fields }) => fields.role === 'admin')) {
    throw new ConflictError('No admin would be left.', { hint: 'Keep at least one user with the role admin.' });
  }
}

/** No constraint of the database makes identities at a provider of single sign-on unique. */
function checkIdentities(wanted: readonly Wanted[], problems: Problem[]): void {
  const linked = wanted.filter(({ fields }) => typeof fields.sso_provider === 'string');
  for (const [at, { match, fields }] of linked.entries()) {
    const other = linked
      .slice(0, at)
      .find(({ fields: others }) =>
        isDeepStrictEqual([others.sso_provider, others.sso_subject_id], [fields.sso_provider, fields.sso_subject_id]),
      );
    if (other) {
      problems.push({
        place: match.declared.place,
        message: `The user "${other.match.declared.name}" has the same identity.`,
      });
    }
  }
}

/** Widgets of a dashboard must not overlap, also those that stay although no file declares them. */
function checkLayouts(wanted: readonly Wanted[], kept: readonly Other[], problems: Problem[]): void {
  const widgets = wanted.filter(({ kind }) => kind.name === 'widgets');
  for (const [parent, own] of Map.groupBy(widgets, ({ match }) => match.declared.parent)) {
    const dashboardId = wanted.find(({ match }) => match.declared === parent)?.match.stored?.row.id;
    const placed = kept
      .filter(({ kind, row }) => kind.name === 'widgets' && kind.parent?.idOf(row) === dashboardId)
      .map(({ name, fields }) => ({ name, rect: rectOf(fields) }));
    for (const { match, fields } of own) {
      const rect = rectOf(fields);
      const other = placed.find((each) => overlap(each.rect, rect));
      // Where the server has placed widgets over each other, they stay so.
      if (other && !isDeepStrictEqual(match.stored && rectOf(match.stored.fields), rect)) {
        problems.push({
          place: match.declared.place,
          message: `The widget (${describeRect(rect)}) would overlap "${other.name}" (${describeRect(other.rect)}).`,
        });
      }
      placed.push({ name: match.declared.name, rect });
    }
  }
}

function rectOf({ x, y, w, h }: Fields): GridRect {
  return { x: Number(x), y: Number(y), w: Number(w), h: Number(h) };
}
