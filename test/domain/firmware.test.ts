import { afterAll, expect, test } from 'vitest';
import { checkVersion, type FirmwareRow, moveFirmware, registerFirmware } from '../../src/domain/firmware.ts';
import { UPDATE_STATUSES } from '../../src/entities/index.ts';
import { ConflictError, InvalidInputError } from '../../src/errors.ts';
import { freshDatabase, openDatabase } from '../support/database.ts';
import { aUser } from '../support/site.ts';

const site = await freshDatabase();
const database = await openDatabase(site);
afterAll(async () => {
  await database.close();
  await site[Symbol.asyncDispose]();
});
const { em } = database;
const owner = (await aUser({ pool: site.pool })).publicId;
const now = new Date('2026-01-01T12:00:00Z');

/** How to get to each status from the beginning. */
const WAYS: Record<(typeof UPDATE_STATUSES)[number], string[]> = {
  pending: [],
  downloading: ['downloading'],
  verifying: ['downloading', 'verifying'],
  applying: ['downloading', 'verifying', 'applying'],
  completed: ['downloading', 'verifying', 'applying', 'completed'],
  failed: ['failed'],
  rolled_back: ['downloading', 'verifying', 'applying', 'completed', 'rolled_back'],
};

const STEPS = [
  'pending > downloading',
  'pending > completed',
  'pending > failed',
  'failed > pending',
  'rolled_back > pending',
  'downloading > verifying',
  'downloading > failed',
  'verifying > applying',
  'verifying > failed',
  'applying > completed',
  'applying > failed',
  'completed > rolled_back',
];

let made = 0;
async function anUpdate(way: string[]): Promise<FirmwareRow> {
  let firmware = await registerFirmware(em, `1.0.${++made}`, {}, owner);
  for (const status of way) {
    firmware = await moveFirmware(em, firmware, status, undefined, now);
  }
  return firmware;
}

test.each(UPDATE_STATUSES)('from %s only the transitions of the state machine are allowed', async (from) => {
  for (const to of UPDATE_STATUSES) {
    const firmware = await anUpdate(WAYS[from]);
    const moved = moveFirmware(em, firmware, to, undefined, now);
    if (STEPS.includes(`${from} > ${to}`)) {
      expect((await moved).status).toBe(to);
    } else {
      await expect(moved).rejects.toThrow(ConflictError);
    }
  }
});

test('an update that failed before it started has an end and no start', async () => {
  expect(await anUpdate(['failed'])).toMatchObject({ startedOn: null, completedOn: '2026-01-01T12:00:00+00:00' });
});

test('an update that failed is tried again with new times and without the error', async () => {
  const failed = await moveFirmware(em, await anUpdate(['downloading']), 'failed', 'checksum differs', now);
  const pending = await moveFirmware(em, failed, 'pending', undefined, now);
  expect(pending).toMatchObject({ errorMessage: 'checksum differs', completedOn: '2026-01-01T12:00:00+00:00' });
  const later = new Date('2026-01-02T12:00:00Z');
  const again = await moveFirmware(em, pending, 'downloading', undefined, later);
  expect(again).toMatchObject({ errorMessage: null, startedOn: '2026-01-02T12:00:00+00:00', completedOn: null });
});

test('an update that is applied at once has a start and an end', async () => {
  const time = '2026-01-01T12:00:00+00:00';
  expect(await anUpdate(['completed'])).toMatchObject({ startedOn: time, completedOn: time });
});

test('a step that another session has already made is refused', async () => {
  const read = await anUpdate([]);
  await moveFirmware(em, read, 'downloading', undefined, now);
  const again = moveFirmware(em, { ...read, status: 'pending' } as FirmwareRow, 'downloading', undefined, now);
  await expect(again).rejects.toThrow('cannot change from "downloading"');
});

test.each(['0.0.0', '1.2.3', '10.20.30'])('%s is a version', (version) => {
  expect(checkVersion(version)).toBe(version);
});

test.each([
  'v1.0.0',
  '1.0',
  '1.0.0.0',
  '01.0.0',
  '1.0.0-beta',
  '1.0.x',
  ' 1.0.0',
  '1.0.0\n',
  '',
  `1.0.${'9'.repeat(50)}`,
])('"%s" is not a valid version', (version) => {
  expect(() => checkVersion(version)).toThrow(InvalidInputError);
});
