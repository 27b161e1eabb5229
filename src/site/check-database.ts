import type { EntityManager } from '@mikro-orm/postgresql';
import type { Database } from '../database/database.ts';
import { query } from '../database/query.ts';
import { User, Webhook } from '../entities/index.ts';
import { maskedUrl, undeliverable } from '../webhooks/url.ts';
import { isPlaceholder } from './check-settings.ts';
import { SERVER_DEFAULTS, type ServerSettings } from './env-settings.ts';
import { type Finding, note, ok, problem } from './finding.ts';
import { schemaState } from './schema-state.ts';

const MAX_SKEW_SECONDS = 5;

/** Checks the tables of the server. */
export async function checkLayout(database: Database): Promise<Finding[]> {
  const { layout, layoutDescription: description } = database;
  if (description !== layout.name) {
    const empty = description.startsWith('none');
    return [
      empty
        ? problem('layout', description, 'Create the tables: webmacs db migrate --layout server-roles')
        : problem('layout', description, 'See what is missing: webmacs db check'),
    ];
  }
  if (layout.owner === 'webmacs') {
    const fix = 'Copy the data into a database of the server: webmacs db migrate --layout server-roles, migrate-from';
    return [problem('layout', 'that of webmacs itself, which the server cannot use', fix)];
  }
  return [ok('layout', layout.name)];
}

export async function checkMigrations(database: Database, settings: ServerSettings): Promise<Finding> {
  const { migration, state, fix } = await schemaState(database);
  const finding = migration ?? 'no revision recorded';
  if (fix === null) {
    return ok('migrations', finding);
  }
  // A server in development creates its tables at start-up.
  const matters = state === 'behind' || settings.get('ENV').toLowerCase() === 'production';
  return matters
    ? problem('migrations', finding, `Run: ${fix}`)
    : note('migrations', finding, `In production, run: ${fix}`);
}

/** Compares the clocks of the database and of this machine. */
export async function checkClock(em: EntityManager, now: () => Date): Promise<Finding> {
  const before = now().getTime();
  const [row] = await query<{ epoch: number }>(em, 'select extract(epoch from clock_timestamp())::float8 as epoch');
  const after = now().getTime();
  const skew = Math.round((row?.epoch ?? 0) - (before + after) / 2000);
  const finding = `${Math.abs(skew)} s ${skew < 0 ? 'behind' : 'ahead of'} this machine`;
  return Math.abs(skew) > MAX_SKEW_SECONDS + (after - before) / 2000
    ? problem('clock', `the database is ${finding}`, 'Synchronise both clocks with NTP: timedatectl set-ntp true')
    : ok('clock', 'the database and this machine agree');
}

/** Finds the stored webhooks that the server's client cannot deliver to. */
export async function checkWebhooks(em: EntityManager): Promise<Finding[]> {
  const webhooks = await em.find(Webhook, {}, { orderBy: { id: 'asc' } });
  const found = webhooks.flatMap(({ url, publicId }) => {
    const why = undeliverable(url);
    return why === undefined
      ? []
      : [
          problem(
            'webhooks',
            `${maskedUrl(url)}: ${why}`,
            `Create it with a valid URL, then: webmacs webhooks delete ${publicId}`,
          ),
        ];
  });
  return found.length > 0 ? found : [ok('webhooks', `${webhooks.length} with a usable URL`)];
}

/**
 * Checks that nobody can log in with the password of the documentation. The server creates the first account only if there is
 * none.
 * @param em undefined if the database cannot be reached
 */
export async function checkAdminPassword(settings: ServerSettings, em: EntityManager | undefined): Promise<Finding> {
  const check = 'INITIAL_ADMIN_PASSWORD';
  const password = settings.get(check);
  const isDefault = password === SERVER_DEFAULTS[check] || isPlaceholder(password);
  const what = settings.isSet(check) ? 'a default' : 'not set: the server uses a default';
  const fix = 'Set it to a password of your own before the first start.';
  if (!em) {
    return isDefault ? problem(check, what, fix) : ok(check, 'not a default');
  }
  const account = await em.findOne(User, { email: settings.get('INITIAL_ADMIN_EMAIL') });
  if (account) {
    const { compare } = await import('bcryptjs');
    for (const tried of new Set([SERVER_DEFAULTS[check], ...(isDefault ? [password] : [])])) {
      if (await compare(tried, account.hashedPassword)) {
        const change = `webmacs users passwd ${account.publicId} --generate-password`;
        return problem(check, `the account "${account.username}" has a default password`, `Change it: ${change}`);
      }
    }
  }
  if (!isDefault) {
    return ok(check, 'not a default');
  }
  return (await em.count(User)) === 0
    ? problem(check, `${what}, and the first start creates the account with it`, fix)
    : ok(check, `${what}, which no account has`);
}
