import { isDeepStrictEqual } from 'node:util';
import type { EntityManager } from '@mikro-orm/postgresql';
import { Document, visit } from 'yaml';
import { DEFAULT_WEBHOOK_EVENT } from '../domain/rules.ts';
import { User, Webhook } from '../entities/index.ts';
import { defined } from '../text/defined.ts';
import { escapeHidden } from '../text/json.ts';
import { printableLines } from '../text/printable.ts';
import { defaultsOf } from './format.ts';
import { KINDS } from './kinds/index.ts';
import type { Fields, Kind, KindName, Names, Stored, Value } from './model.ts';
import { siblingNames } from './sibling-names.ts';
import { type StoredSite, storedSite } from './stored.ts';
import { escapeVariables } from './variables.ts';

/** What a file of a database has, and what it cannot have. */
export interface Dump {
  /** By kind and name, the fields of the rows. */
  site: Record<string, Items>;
  /** By kind, the number of rows that were left out: of the same name, and experiments that have not ended. */
  omitted: Partial<Record<KindName, number>>;
  /** Each row by its public id. */
  items: ReadonlyMap<string, DumpedRow>;
}

export interface DumpedRow {
  kind: KindName;
  key: string;
  /** The row that it belongs to. */
  parent?: Stored | undefined;
  fields: Readonly<Record<string, Value>>;
}

/** Rows of one kind by their names, as a file has them. */
export type Items = Record<string, Record<string, Value>>;

/**
 * Returns the configuration of a database as a file has it, whatever the ids.
 * @param only the kinds; all by default
 */
export async function dumpSite(em: EntityManager, only?: ReadonlySet<string>): Promise<Dump> {
  const writer = new SiteWriter(await storedSite(em));
  const site: Dump['site'] = {};
  for (const kind of KINDS.filter(({ parent, name }) => !parent && (only?.has(name) ?? true))) {
    const items = writer.items(kind);
    if (Object.keys(items).length > 0) {
      site[kind.name] = items;
    }
  }
  return { site, omitted: writer.omitted, items: writer.dumped };
}

/** Returns the same text for the same configuration. */
export function dumpText({ site }: Pick<Dump, 'site'>): string {
  return Object.keys(site).length === 0 ? '' : yamlText(withCommonOwner(site));
}

class SiteWriter {
  readonly omitted: Dump['omitted'] = {};
  readonly dumped = new Map<string, DumpedRow>();
  readonly #stored: StoredSite;
  readonly #names: Names = { users: new Map(), events: new Map() };
  readonly #variables = new Set<string>();

  constructor(stored: StoredSite) {
    this.#stored = stored;
    for (const kind of KINDS.filter(({ name }) => name === 'users' || name === 'events')) {
      for (const row of stored.get(kind.name) ?? []) {
        this.#names[kind.name as keyof Names].set(row.publicId, kind.nameOf(row));
      }
    }
  }

  /** @param parent the row that they belong to */
  items(kind: Kind, parent?: Stored): Items {
    const rows = (this.#stored.get(kind.name) ?? []).filter((row) => !parent || kind.parent?.idOf(row) === parent.id);
    const items = new Map<string, Record<string, Value>>();
    for (const { row, name } of siblingNames(kind, rows)) {
      const fields = kind.fieldsOf(row, this.#names);
      const isTaken = items.has(name);
      const key = isTaken && kind.isNamedByOwner ? `${name} (${String(fields.owner)})` : name;
      if (items.has(key) || !isWhole(kind, fields)) {
        this.omitted[kind.name] = (this.omitted[kind.name] ?? 0) + 1;
        continue;
      }
      const child = KINDS.find((other) => other.parent?.kind === kind.name);
      const children = child ? this.items(child, row) : {};
      const written = {
        ...(key !== name && { name }),
        ...writtenFields(kind, fields, key),
        ...this.#secretField(row),
        ...(child && Object.keys(children).length > 0 && { [child.name]: children }),
      };
      items.set(key, written);
      this.dumped.set(row.publicId, { kind: kind.name, key, parent, fields: written });
    }
    // As entries: a key such as __proto__ is an own property then.
    return Object.fromEntries(items);
  }

  /** A dump has no secret: it names the variable that is to have it. */
  #secretField(row: Stored): Record<string, Value> {
    if (row instanceof User) {
      return { password_from: { env: this.#variable(`${row.username}_PASSWORD`) } };
    }
    return row instanceof Webhook && row.secret ? { secret_from: { env: this.#variable(`${row.url}_SECRET`) } } : {};
  }

  #variable(text: string): string {
    const name = text
      .replace(/^https?:\/\//, '')
      .replace(/[^A-Za-z0-9]+/g, '_')
      .replace(/^(?=\d)|^_+/, 'W_')
      .toUpperCase();
    let unique = name;
    for (let number = 2; this.#variables.has(unique); number++) {
      unique = `${name}_${number}`;
    }
    this.#variables.add(unique);
    return unique;
  }
}

/** Whether a row can be declared: an experiment only with its times. */
function isWhole({ name }: Kind, { started_on: started, stopped_on: stopped }: Fields): boolean {
  return name !== 'experiments' || (started !== '' && stopped !== '');
}

/** Returns the fields that are not as they are by default. */
function writtenFields(kind: Kind, fields: Fields, key: string): Record<string, Value> {
  const defaults: Record<string, Value> = {
    ...defaultsOf(kind.name),
    ...(kind.name === 'users' && { role: 'viewer' }),
    ...(kind.name === 'widgets' && { title: key }),
    ...(kind.name === 'rules' && {
      webhook_event_type: fields.action_type === 'webhook' ? DEFAULT_WEBHOOK_EVENT : null,
    }),
    ...(fields.owner === null && { owner: null }),
  };
  return Object.fromEntries(
    Object.entries(fields).filter(
      ([field, value]) => !(field in defaults && isDeepStrictEqual(value, defaults[field])),
    ),
  );
}

/** Writes an owner that all rows have once, at the top. */
function withCommonOwner(site: Record<string, Items>): object {
  const { users, ...owned } = site;
  const rows = Object.values(owned).flatMap((items) => Object.values(items));
  const owners = new Set(rows.map(({ owner }) => owner));
  const [owner] = owners;
  if (owners.size !== 1 || typeof owner !== 'string') {
    return site;
  }
  const without = Object.entries(owned).map(([kind, items]) => [
    kind,
    Object.fromEntries(Object.entries(items).map(([name, { owner: _, ...fields }]) => [name, fields])),
  ]);
  return { owner, ...defined({ users }), ...Object.fromEntries(without) };
}

/**
 * Returns YAML. Texts that programs of its older version would read as something else are quoted, and characters are escaped that
 * a reader would not see, or that would act on a terminal.
 */
export function yamlText(value: unknown, isFlow = false): string {
  const document = new Document(escaped(value), { aliasDuplicateObjects: false });
  visit(document, {
    Scalar(_key, scalar) {
      const { value: text } = scalar;
      // Not the field y of a widget, which would be odd in quotes.
      const isOther = typeof text === 'string' && text !== 'y' && OTHER_IN_YAML_1_1.test(text);
      if (isOther || (typeof text === 'string' && printableLines(text) !== text)) {
        scalar.type = 'QUOTE_DOUBLE';
      }
    },
  });
  return escapeHidden(document.toString({ lineWidth: 0, ...(isFlow && { collectionStyle: 'flow' }) }));
}

const OTHER_IN_YAML_1_1 =
  /^(y|n|yes|no|on|off|[-+]?[0-9][0-9_,.:]*(e[-+]?[0-9]+)?|0[xo]?[0-9a-f_]+|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}.*)$/i;

/** Escapes what would be taken for a variable. */
export function escaped(value: unknown): unknown {
  if (typeof value === 'string') {
    return escapeVariables(value);
  }
  if (Array.isArray(value)) {
    return value.map(escaped);
  }
  return typeof value === 'object' && value !== null
    ? Object.fromEntries(Object.entries(value).map(([key, each]) => [escapeVariables(key), escaped(each)]))
    : value;
}
