import { Database } from '../database/database.ts';
import { targetFromUrl } from '../database/target.ts';
import type { Environment } from '../environment.ts';
import { WebmacsError } from '../errors.ts';
import { checkAdminPassword, checkClock, checkLayout, checkMigrations, checkWebhooks } from './check-database.ts';
import { checkPluginDirectory, checkSecretKey, checkTimeZone } from './check-settings.ts';
import type { ServerSettings } from './env-settings.ts';
import { type Finding, ok, problem } from './finding.ts';

/** What the checks need besides the settings. */
export interface DoctorContext {
  environment: Environment;
  now(): Date;
  /** Connects to this database instead, such as under the address that it has on this machine. */
  databaseUrl: string | undefined;
}

/** Checks the settings of the WebMACS server, and the database that they name. Changes nothing. */
export async function checkServer(settings: ServerSettings, context: DoctorContext): Promise<Finding[]> {
  const url = checkUrlOfServer(settings);
  const { database, finding } = await open(settings, context);
  await using _opened = database;
  const usable = database?.layoutDescription === database?.layout.name ? database : undefined;
  return [
    checkSecretKey(settings),
    await checkAdminPassword(settings, usable?.em),
    ...url,
    finding,
    ...(database ? await checkLayout(database) : []),
    ...(usable?.layout.owner === 'server' ? [await checkMigrations(usable, settings)] : []),
    ...(usable ? await checkWebhooks(usable.em) : []),
    ...(database ? [await checkClock(database.em, context.now)] : []),
    checkTimeZone(settings),
    await checkPluginDirectory(settings),
  ];
}

/** Checks the form of the URL, of which the server's driver accepts one only. */
function checkUrlOfServer(settings: ServerSettings): Finding[] {
  const url = settings.get('DATABASE_URL');
  return [
    ...(settings.isSet('DATABASE_URL')
      ? []
      : [problem('DATABASE_URL', 'not set: the server uses a default', 'Set it to postgresql+asyncpg://…')]),
    ...(/^postgresql\+asyncpg:\/\//.test(url)
      ? []
      : [problem('DATABASE_URL', 'not for the driver of the server', 'Start it with postgresql+asyncpg://')]),
    ...(/[?&]sslmode=/.test(url)
      ? [problem('DATABASE_URL', 'its driver does not know sslmode', 'Write ssl= instead of sslmode=')]
      : []),
  ];
}

async function open(
  settings: ServerSettings,
  { environment, databaseUrl }: DoctorContext,
): Promise<{ database?: Database; finding: Finding }> {
  try {
    const origin = databaseUrl === undefined ? 'DATABASE_URL' : '--database-url';
    const target = targetFromUrl(databaseUrl ?? settings.get('DATABASE_URL'), environment, origin);
    const database = await Database.open(target, { asIs: true });
    return { database, finding: ok('database', `reachable: ${database.where}`) };
  } catch (error) {
    if (!(error instanceof WebmacsError)) {
      throw error;
    }
    const fix = 'Start it, correct DATABASE_URL, or pass the address that it has on this machine with --database-url.';
    return { finding: problem('database', error.message, fix) };
  }
}
