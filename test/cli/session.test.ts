import { PassThrough } from 'node:stream';
import { afterAll, expect, test } from 'vitest';
import { Session } from '../../src/cli/session.ts';
import { freshDatabase } from '../support/database.ts';
import { NO_SETTINGS } from '../support/host.ts';
import { temporaryDirectory } from '../support/program.ts';

const database = await freshDatabase();
const directory = temporaryDirectory();
afterAll(async () => {
  directory[Symbol.dispose]();
  await database[Symbol.asyncDispose]();
});

function aSession(): Session {
  const streams = {
    stdin: new PassThrough(),
    stdout: new PassThrough(),
    stderr: new PassThrough(),
    stdoutIsTerminal: false,
    stderrIsTerminal: false,
    canAsk: false,
    columns: () => 80,
    rows: () => 24,
    drawn: {},
    redirection: () => undefined,
  };
  const environment = { ...NO_SETTINGS, HOME: directory.path, DATABASE_URL: database.url };
  return new Session(streams, environment, new AbortController().signal);
}

test('a run on the configured database never gets it instead of the embedded one', async () => {
  await using session = aSession();
  const { where } = await session.databaseAsIs();
  await expect(session.embeddedDatabase()).rejects.toThrow('already uses another database');
  expect((await session.database()).where).toBe(where);
});
