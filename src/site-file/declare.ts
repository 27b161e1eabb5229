import { dirname, resolve } from 'node:path';
import { DEFAULT_WEBHOOK_EVENT } from '../domain/rules.ts';
import { defined } from '../text/defined.ts';
import type { SiteDocument } from './format.ts';
import type { Declared, Fields, KindName, SecretFrom, Site } from './model.ts';
import { parseSource } from './parse.ts';
import { type Place, type Problem, SiteFileError } from './problem.ts';
import type { Source } from './sources.ts';
import { validateDocument } from './validate.ts';

export interface DeclareOptions {
  variables: Readonly<Record<string, string | undefined>>;
  /** Whether passwords and secrets may be in the files. */
  allowPlainSecrets?: boolean;
}

/**
 * Reads what files declare, without a database.
 * @throws SiteFileError with everything that is wrong
 */
export function declaredSite(sources: readonly Source[], options: DeclareOptions): Site {
  const problems: Problem[] = [];
  const rows: Declared[] = [];
  const kinds = new Set<KindName>();
  let owner: string | undefined;
  for (const source of sources) {
    for (const document of parseSource(source, options.variables, problems)) {
      const valid = validateDocument(document, problems);
      if (valid) {
        const { owner: common, ...present } = valid;
        owner = common;
        for (const kind of Object.keys(present)) {
          kinds.add(kind as KindName);
        }
        rows.push(...rowsOf(valid, document.placeOf, dirname(source.name)));
      }
    }
  }
  checkSecrets(rows, options.allowPlainSecrets === true, problems);
  checkTwice(rows, problems);
  if (problems.length > 0) {
    throw new SiteFileError(problems);
  }
  return { rows, kinds, owner };
}

/** The fields of a row in a file, and what is written there beside them. */
interface Item {
  public_id?: string | undefined;
  renamed_from?: string | undefined;
  owner?: string | undefined;
}

/** What a row has beside the fields of its item. */
type Beside = Partial<Pick<Declared, 'parent' | 'secret' | 'listsChildren'>> & { name?: string; fields?: object };

/**
 * Returns the rows of a document, each before those that belong to it.
 * @param folder what paths in it are relative to
 */
function rowsOf(document: SiteDocument, placeOf: (path: readonly PropertyKey[]) => Place, folder: string): Declared[] {
  const rows: Declared[] = [];
  const add = (kind: KindName, path: readonly string[], item: Item, beside: Beside = {}): Declared => {
    const { public_id: publicId, renamed_from: renamedFrom, ...fields } = item;
    const { name = path.at(-1) ?? '', fields: more, ...rest } = beside;
    const owner = kind === 'users' || rest.parent ? undefined : (item.owner ?? document.owner);
    const row: Declared = {
      kind,
      name,
      path,
      // Fields that are left out, and have no default, are undefined.
      fields: defined({ ...fields, owner, ...more }) as Fields,
      // Looked up only where something is wrong.
      get place() {
        return placeOf(path);
      },
      ...defined({ publicId, renamedFrom, ...rest }),
    };
    rows.push(row);
    return row;
  };
  const { users, webhooks, dashboards, plugin_instances: instances, rules } = document;
  for (const [name, { password_from: from, password, admin, role, ...user }] of entries(users)) {
    const fields = { role: role ?? (admin ? 'admin' : 'viewer') };
    add('users', ['users', name], user, { fields, secret: secretOf(from, password, folder) });
  }
  for (const kind of ['events', 'firmware', 'experiments'] as const) {
    for (const [name, item] of entries<Item>(document[kind])) {
      add(kind, [kind, name], item);
    }
  }
  for (const [name, rule] of entries(rules)) {
    const { webhook_event_type: type = rule.action_type === 'webhook' ? DEFAULT_WEBHOOK_EVENT : null } = rule;
    add('rules', ['rules', name], rule, { fields: { webhook_event_type: type } });
  }
  for (const [url, { secret_from: from, secret, ...webhook }] of entries(webhooks)) {
    add('webhooks', ['webhooks', url], webhook, { secret: secretOf(from, secret, folder) ?? null });
  }
  for (const [key, { widgets, name = key, ...dashboard }] of entries(dashboards)) {
    const parent = add('dashboards', ['dashboards', key], dashboard, { name, listsChildren: widgets !== undefined });
    for (const [widgetKey, widget] of entries(widgets)) {
      const fields = { title: widget.title ?? widgetKey };
      add('widgets', ['dashboards', key, 'widgets', widgetKey], widget, { parent, fields });
    }
  }
  for (const [name, { channels, ...instance }] of entries(instances)) {
    const path = ['plugin_instances', name];
    const parent = add('plugin_instances', path, instance, { listsChildren: channels !== undefined });
    for (const [id, channel] of entries(channels)) {
      add('channels', [...path, 'channels', id], channel, { parent });
    }
  }
  return rows;
}

function entries<T>(items: Record<string, T> | undefined): [string, T][] {
  return Object.entries(items ?? {});
}

function secretOf(from: SecretFrom | undefined, plain: string | undefined, folder: string): SecretFrom | undefined {
  if (from && 'file' in from) {
    return { file: resolve(folder, from.file) };
  }
  return from ?? (plain === undefined ? undefined : { plain });
}

function checkSecrets(rows: readonly Declared[], isAllowed: boolean, problems: Problem[]): void {
  for (const row of rows) {
    const { kind, secret } = row;
    if (secret && 'plain' in secret && !isAllowed) {
      const field = kind === 'users' ? 'password' : 'secret';
      problems.push({
        place: row.place,
        message: `The ${field} itself is in the file.`,
        hint: `Write ${field}_from: {env: NAME}, or pass --allow-plain-secrets.`,
      });
    }
  }
}

/** Checks that no row is declared in two documents; within one, YAML refuses it. */
function checkTwice(rows: readonly Declared[], problems: Problem[]): void {
  const seen = new Map<string, Declared>();
  const identities = new Map<Declared, string>();
  for (const row of rows) {
    const { kind, parent, name, fields } = row;
    const owner = kind === 'dashboards' ? fields.owner : undefined;
    const identity = JSON.stringify([kind, parent ? identities.get(parent) : null, owner ?? null, name]);
    identities.set(row, identity);
    const first = seen.get(identity);
    if (first) {
      const { place } = row;
      const where = `line ${first.place.line}${first.place.file === place.file ? '' : ` of ${first.place.file}`}`;
      problems.push({ place, message: `"${name}" is declared twice, first in ${where}.`, hint: 'Remove one of them.' });
    }
    seen.set(identity, first ?? row);
  }
}
