import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { temporaryDirectory } from '../support/program.ts';
import { AGREED, anEvent, aSite, datapoints, type Site } from '../support/site.ts';

const folder = temporaryDirectory();
let site: Site;
let event: string;

beforeAll(async () => {
  site = await aSite();
  ({ publicId: event } = await anEvent(site));
  expect((await site.run(`db storage partition${AGREED}`)).code).toBe(0);
});
afterAll(() => site[Symbol.asyncDispose]());

async function partitionsOf(): Promise<unknown[]> {
  const { rows } = await site.pool.query(
    `select tableoid::regclass::text as partition, count(*)::int as rows from datapoints group by 1 order by 1`,
  );
  return rows;
}

test('a partition of what is archived is emptied at once, and stays for what comes; one with more is emptied row by row', async () => {
  await datapoints(site, 100, { event });
  const archive = join(folder.path, 'archive');
  const run = async (line: string) =>
    JSON.parse((await site.run(`datapoints ${line.replace('ARCHIVE', archive)} --json`)).stdout);
  const drop = async () => await run('archive --older-than 1d -o ARCHIVE --drop');
  expect(await drop()).toMatchObject({ deleted: 100, emptied: [expect.stringMatching(/^datapoints_before_/)] });
  expect(await partitionsOf()).toEqual([]);
  expect(await run('restore ARCHIVE')).toMatchObject({ restored: 100 });
  expect(await partitionsOf()).toMatchObject([{ rows: 100 }]);
  // Of this month, in the same partition, which is not archived.
  await site.pool.query(
    `insert into datapoints (public_id, value, timestamp, event_public_id) values ('now', 1, now(), $1)`,
    [event],
  );
  expect(await drop()).toMatchObject({ written: [], deleted: 100, emptied: [] });
  expect(await partitionsOf()).toMatchObject([{ rows: 1 }]);
});
