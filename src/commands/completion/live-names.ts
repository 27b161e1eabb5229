import { setTimeout as sleep } from 'node:timers/promises';
import type { Session } from '../../cli/session.ts';
import { startingNames } from '../../database/starting-names.ts';
import { printable } from '../../text/printable.ts';
import { maskedUrl } from '../../webhooks/url.ts';

/** Where the names are that a placeholder stands for. */
const NAMES: Record<string, { table: string; column: string }> = {
  user: { table: 'users', column: 'username' },
  event: { table: 'events', column: 'name' },
  experiment: { table: 'experiments', column: 'name' },
  rule: { table: 'rules', column: 'name' },
  webhook: { table: 'webhooks', column: 'url' },
  dashboard: { table: 'dashboards', column: 'name' },
  instance: { table: 'plugin_instances', column: 'instance_name' },
  package: { table: 'plugin_packages', column: 'package_name' },
  firmware: { table: 'firmware_updates', column: 'version' },
};

const PATIENCE_MILLISECONDS = 300;

/**
 * Returns the names in the database that start so; none if it does not answer in time. Names that a line cannot have, and
 * secrets, are left out.
 */
export async function liveNames(session: Session, placeholder: string, start: string): Promise<string[]> {
  const names = Object.hasOwn(NAMES, placeholder) ? NAMES[placeholder] : undefined;
  if (!names) {
    return [];
  }
  const late = new AbortController();
  const { target } = session.configuration.database();
  const found = await Promise.race([
    // That there is no database, or no table, is no reason to disturb somebody who is typing.
    startingNames(target, names, start, late.signal).catch(() => []),
    sleep(PATIENCE_MILLISECONDS, [], { signal: late.signal }).catch(() => []),
  ]);
  late.abort();
  return found
    .filter((name) => printable(name) === name && (names.table !== 'webhooks' || maskedUrl(name) === name))
    .sort();
}
