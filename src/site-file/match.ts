import { createHash, randomUUID } from 'node:crypto';
import { KINDS } from './kinds/index.ts';
import type { Declared, Fields, Keys, Kind, Names, Site, Stored } from './model.ts';
import type { Problem } from './problem.ts';
import { siblingNames } from './sibling-names.ts';
import type { StoredSite } from './stored.ts';

/** A declared row, and the row of the database that it is, if there is one. */
export interface Match {
  kind: Kind;
  declared: Declared;
  /** That of the row, or of the one that is to be created. */
  publicId: string;
  stored?: Described;
}

/** A row of the database as a file would declare it. */
export interface Described {
  row: Stored;
  name: string;
  fields: Fields;
}

export interface Other extends Described {
  kind: Kind;
  /** Whether a file lists the rows of its kind, or those of its parent, so that it is one too many. */
  isListed: boolean;
}

export interface Matched {
  matches: readonly Match[];
  others: readonly Other[];
  names: Names;
  keys: Keys;
}

/**
 * Finds for each declared row the one in the database: by its public id, its name, or its former name.
 * @param problems gets what is ambiguous
 */
export function matchSite(site: Site, stored: StoredSite, problems: Problem[]): Matched {
  const names: Names = { users: new Map(), events: new Map() };
  const keys: Keys = { users: new Map(), events: new Map() };
  const matches: Match[] = [];
  const others: Other[] = [];
  const found = new Map<Declared, Match>();
  const declaredOf = Map.groupBy(site.rows, ({ kind }) => kind);
  for (const kind of KINDS) {
    const described = siblingNames(kind, stored.get(kind.name) ?? []).map(
      ({ row, name }): Described => ({ row, name, fields: kind.fieldsOf(row, names) }),
    );
    const byId = new Map(described.map((each) => [each.row.publicId, each]));
    const byName = Map.groupBy(described, ({ name }) => name);
    const taken = new Set<Stored>();
    const report = (declared: Declared, message: string, hint?: string) => {
      problems.push({ place: declared.place, message, hint });
    };
    for (const declared of declaredOf.get(kind.name) ?? []) {
      const parent = declared.parent && found.get(declared.parent);
      const one = storedRow(kind, declared, { byId, byName }, parent, report);
      if (one && taken.has(one.row)) {
        report(declared, `This is the same ${kind.singular} as another one in the files.`, 'Remove one of them.');
      }
      const publicId = one?.row.publicId ?? declared.publicId ?? newId(kind, declared, parent);
      const match: Match = { kind, declared, publicId, ...(one && { stored: one }) };
      if (one) {
        taken.add(one.row);
      }
      found.set(declared, match);
      matches.push(match);
    }
    const rest = described.filter(({ row }) => !taken.has(row));
    others.push(...rest.map((other) => ({ ...other, kind, isListed: isListed(kind, other.row, site, matches) })));
    if (kind.name === 'users' || kind.name === 'events') {
      const ofKind = matches.filter((match) => match.kind === kind);
      for (const { publicId, name, declared } of [
        ...rest.map(({ row, name }) => ({ publicId: row.publicId, name, declared: undefined })),
        ...ofKind.map((match) => ({ publicId: match.publicId, name: match.declared.name, declared: match.declared })),
      ]) {
        if (declared && keys[kind.name].has(name)) {
          report(declared, `Another ${kind.singular} of this name is in the database, and not in the files.`, RENAMED);
        }
        names[kind.name].set(publicId, name);
        keys[kind.name].set(name, publicId);
      }
    }
  }
  return { matches, others, names, keys };
}

const RENAMED = 'Declare it too, or choose another name.';

/** Whether a row may be a declared one: it is of the same parent, or of the same owner. */
function isInScope(
  kind: Kind,
  { fields }: Declared,
  { row, fields: stored }: Described,
  parent: Match | undefined,
): boolean {
  if (kind.parent) {
    return parent?.stored !== undefined && kind.parent.idOf(row) === parent.stored.row.id;
  }
  return !kind.isNamedByOwner || fields.owner === undefined || stored.owner === fields.owner;
}

function storedRow(
  kind: Kind,
  declared: Declared,
  { byId, byName }: { byId: ReadonlyMap<string, Described>; byName: ReadonlyMap<string, readonly Described[]> },
  parent: Match | undefined,
  report: (declared: Declared, message: string, hint?: string) => void,
): Described | undefined {
  const { name, publicId, renamedFrom } = declared;
  const derived = kind.name === 'widgets' && parent ? derivedId(parent.publicId, name) : undefined;
  const exact = byId.get(publicId ?? derived ?? '');
  if (exact && isInScope(kind, declared, exact, parent)) {
    return exact;
  }
  const called = (text = '') => (byName.get(text) ?? []).filter((row) => isInScope(kind, declared, row, parent));
  const [named, former] = [called(name), called(renamedFrom)];
  if (named.length > 1 || former.length > 1) {
    report(
      declared,
      `More than one ${kind.singular} has this name.`,
      'Add its public_id, or the owner of a dashboard.',
    );
  }
  if (named.length > 0 && former.length > 0) {
    report(
      declared,
      `It is to be renamed from "${renamedFrom}", but both names exist.`,
      'Remove renamed_from, or delete one of them.',
    );
  }
  const one = named[0] ?? former[0];
  if (one && publicId !== undefined) {
    report(
      declared,
      `The ${kind.singular} in the database has the public id ${one.row.publicId}.`,
      'Remove public_id.',
    );
  }
  return one;
}

/** Whether files list the rows of a kind, so that this one, which they do not have, is to be deleted. */
function isListed({ name, parent }: Kind, row: Stored, { kinds }: Site, matches: readonly Match[]): boolean {
  if (!parent) {
    return kinds.has(name);
  }
  const id = parent.idOf(row);
  return matches.some(
    (match) => match.kind.name === parent.kind && match.stored?.row.id === id && match.declared.listsChildren === true,
  );
}

/** The key of a widget is not stored: the public id of a new one is derived of it, so that it is found again. */
function newId(kind: Kind, { name }: Declared, parent: Match | undefined): string {
  return kind.name === 'widgets' && parent ? derivedId(parent.publicId, name) : randomUUID();
}

/** Returns a UUID of version 8. */
function derivedId(...parts: string[]): string {
  const digits = createHash('sha256').update(JSON.stringify(parts)).digest('hex');
  const groups = [
    digits.slice(0, 8),
    digits.slice(8, 12),
    `8${digits.slice(13, 16)}`,
    `8${digits.slice(17, 20)}`,
    digits.slice(20, 32),
  ];
  return groups.join('-');
}
