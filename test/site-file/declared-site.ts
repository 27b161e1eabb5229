import { afterAll, beforeEach, expect } from 'vitest';
import { cheapHashes } from '../support/cheap-hashes.ts';
import { aSite } from '../support/site.ts';

/** The environment of the commands. */
export const env = { P: 'a password' };
export const USER = 'users:\n  alice: {email: alice@lab.org, admin: true, password_from: {env: P}}\n';

/** Returns a line of the events in a site file. */
export const event = (name: string, max = 1) =>
  `  ${name}: {unit: C, min_value: 0, max_value: ${max}, event_type: sensor}\n`;

/** A site that has before each test the user alice, and the events A and B of hers. */
export async function aDeclaredSite() {
  cheapHashes();
  const site = await aSite();
  afterAll(() => site[Symbol.asyncDispose]());
  /** Runs a command on the text of a site file. */
  const run = async (verb: string, text: string, ...words: string[]) => {
    const { code, stdout, stderr } = await site.run([verb, '-f', '-', ...words], { input: text, env });
    return { code, stdout, stderr };
  };
  beforeEach(async () => {
    await site.pool.query('delete from users');
    const created = await run('apply', `${USER}events:\n${event('A')}${event('B', 2)}`, '-q');
    expect(created).toEqual({ code: 0, stdout: '', stderr: '' });
  });
  return { site, run };
}
