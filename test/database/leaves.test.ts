import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import { leavesOf } from '../../src/database/leaves.ts';
import { emptyDatabase } from '../support/database.ts';

const database = await emptyDatabase();
afterAll(() => database[Symbol.asyncDispose]());
const { pool } = database;

async function namesOf(table: string): Promise<string[]> {
  return (await leavesOf(pool, table)).map(({ sql }) => sql);
}

test('a plain table is its only leaf, with nothing above', async () => {
  await pool.query('create table "Plain ""one""" (id int)');
  expect(await leavesOf(pool, 'Plain "one"')).toEqual([
    {
      oid: expect.any(Number),
      schema: 'public',
      name: 'Plain "one"',
      sql: '"public"."Plain ""one"""',
      kind: 'table',
      above: [],
    },
  ]);
});

test('a partitioned table has the partitions of all levels, in whichever schema, and not itself', async () => {
  await pool.query(`create schema "Old data"; create table parts (id int) partition by range (id);
    create table one partition of parts for values from (0) to (10) partition by range (id);
    create table "Old data"."1a" partition of one for values from (0) to (5);
    create table "Old data"."1b" partition of one for values from (5) to (10);
    create table two partition of parts default`);
  expect(await namesOf('parts')).toEqual(['"Old data"."1a"', '"Old data"."1b"', '"public"."two"']);
  const [first] = await leavesOf(pool, 'parts');
  expect(first?.above.map(({ name }) => name)).toEqual(['parts', 'one']);
});

test('a partitioned table without partitions has no leaf', async () => {
  await pool.query('create table bare (id int) partition by range (id)');
  expect(await namesOf('bare')).toEqual([]);
});

test('a table with children is a leaf beside them, and a child of two is one leaf', async () => {
  await pool.query(`create table top (id int); create table a () inherits (top); create table b () inherits (top);
    create table of_two () inherits (a, b)`);
  const leaves = await leavesOf(pool, 'top');
  expect(leaves.map(({ name }) => name)).toEqual(['top', 'a', 'b', 'of_two']);
  expect(leaves.at(-1)?.above.map(({ name }) => name)).toEqual(['top', 'a', 'b']);
});

test('a temporary child of another session is none', async () => {
  await pool.query('create table kept (id int)');
  const other = await pool.connect();
  await other.query('create temporary table passing () inherits (kept)');
  expect(await namesOf('kept')).toEqual(['"public"."kept"']);
  other.release(true);
});

test('a partition that is being detached is none', async () => {
  await pool.query(`create table shrinking (id int) partition by range (id);
    create table going partition of shrinking for values from (0) to (10)`);
  const reader = await pool.connect();
  await reader.query('begin; select from shrinking');
  const detached = pool.query('alter table shrinking detach partition going concurrently');
  const deadline = Date.now() + 20_000;
  while ((await namesOf('shrinking')).length > 0 && Date.now() < deadline) {
    await sleep(20);
  }
  expect(await namesOf('shrinking')).toEqual([]);
  await reader.query('rollback');
  reader.release();
  await detached;
});

test('a table that is not there is a failure of the database', async () => {
  await expect(leavesOf(pool, 'nowhere')).rejects.toMatchObject({ code: '42P01' });
});
