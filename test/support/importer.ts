import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryDirectory } from './program.ts';
import { anEvent, aSite } from './site.ts';

/** A site with an event, and a data directory for the records of imports. */
export async function anImporter() {
  const site = await aSite();
  const { pool } = site;
  const folder = temporaryDirectory();
  const data = join(folder.path, 'data');
  const event = await anEvent(site);
  const env = { WEBMACS_DATA_DIR: data };
  let hour = 0;

  const run = async (line: string | string[], more: Record<string, string> = {}) =>
    await site.run(line, { env: { ...env, ...more } });

  /** A recording of an hour of its own. */
  function recording(rows: number): string {
    hour += 1;
    const start = Date.UTC(2026, 0, 1, hour);
    const lines = Array.from({ length: rows }, (_, at) => `${new Date(start + at * 1000).toJSON()},${at}\n`);
    return `timestamp,value\n${lines.join('')}`;
  }

  /** Imports a recording, and returns the id of the import. */
  async function imported(rows: number, more: Record<string, string> = {}): Promise<string> {
    const file = join(folder.path, `recording ${hour + 1}.csv`);
    writeFileSync(file, recording(rows));
    const { stdout } = await run(['datapoints', 'import', file, '--event', event.name, '--json'], more);
    return JSON.parse(stdout).import_id;
  }

  async function idsStored(): Promise<string[]> {
    return (await pool.query('select id::text from datapoints order by id')).rows.map(({ id }) => id);
  }

  /** Makes the server do something at the COMMIT of a transaction that inserts or deletes datapoints. */
  async function atCommit(change: 'insert' | 'delete', statement: string): Promise<void> {
    await pool.query(`create function at_commit() returns trigger language plpgsql as $$ begin ${statement}; return null; end $$;
      create constraint trigger at_commit after ${change} on datapoints deferrable initially deferred
        for each row execute function at_commit()`);
  }

  const records = () => readdirSync(join(data, 'imports')).filter((name) => name.endsWith('.json'));
  const pathOf = (id: string) => join(data, 'imports', `${id}.json`);
  const recordOf = (id: string) => JSON.parse(readFileSync(pathOf(id), 'utf8'));

  async function close(): Promise<void> {
    folder[Symbol.dispose]();
    await site[Symbol.asyncDispose]();
  }

  return {
    ...{ site, pool, folder, data, event, env, run, recording, imported, idsStored, atCommit },
    ...{ records, pathOf, recordOf, close },
  };
}
