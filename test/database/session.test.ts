import pg from 'pg';
import { afterAll, expect, test } from 'vitest';
import { lend } from '../../src/database/session.ts';
import { freshDatabase } from '../support/database.ts';

const database = await freshDatabase();
afterAll(() => database[Symbol.asyncDispose]());

/** As programs that use the package may have it: nobody listens to its errors. */
const aPool = () => new pg.Pool({ connectionString: database.url });

test('what the server says to a connection that is being closed stops no program', async () => {
  const pool = aPool();
  const { client, end } = await lend(pool);
  end('close');
  expect(() => client.emit('error', new Error('terminating connection'))).not.toThrow();
  await pool.end();
});

test('a connection that comes when the pool is about to end is closed', async () => {
  const pool = aPool();
  const { client, end } = await lend(pool);
  const ended = pool.end();
  end('give back');
  expect(() => client.emit('error', new Error('terminating connection'))).not.toThrow();
  await ended;
});
