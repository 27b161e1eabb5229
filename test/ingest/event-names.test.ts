import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { ConflictError } from '../../src/errors.ts';
import { anEvent } from '../support/site.ts';
import { aLaboratory, brief, count, importText, type Laboratory } from './recording.ts';

const PUMP = '5eed5eed-0000-4000-8000-00000000000a';

let laboratory: Laboratory;
beforeAll(async () => {
  laboratory = await aLaboratory();
  // The name of each is the public id of the one before, or a prefix of it.
  for (const event of [{ name: 'pump', publicId: PUMP }, { name: PUMP }, { name: '5eed5eed' }]) {
    laboratory.events.push(await anEvent(laboratory, event));
  }
});
afterAll(() => laboratory[Symbol.asyncDispose]());
beforeEach(() => laboratory.pool.query('truncate datapoints'));

const named = (name: string) => laboratory.events.find((event) => event.name === name)?.publicId ?? '';
const AT = '2026-01-01T00:00:00Z';
const onPump = ['pump 1 2026-01-01 00:00:00'];

test.each([
  ['in the long form', `timestamp,event,value\n${AT},${PUMP},1\n`],
  ['in the long form, with blanks', `timestamp,event,value\n${AT}, ${PUMP} ,1\n`],
  ['as an event name', `timestamp,event_name,event_public_id,value\n${AT},${PUMP},unknown,1\n`],
  ['in a wide header', `timestamp,${PUMP}\n${AT},1\n`],
  ['in a wide header, in the case of no name', `timestamp,${PUMP.toUpperCase()}\n${AT},1\n`],
])('a public id stands for its event %s, and not for one of that name', async (_what, text) => {
  await importText(laboratory, text);
  expect(await brief(laboratory)).toEqual(onPump);
});

test.each([
  ['in the long form', `timestamp,event,value\n${AT},pump,1\n${AT},5eed5eed,1\n`],
  ['in a wide header', `timestamp,pump,5eed5eed\n${AT},1,2\n`],
  ['in a wide header, in the case of no name', `timestamp,pump,5EED5EED\n${AT},1,2\n`],
])('a name that is a prefix of another public id is a conflict %s, and nothing is imported', async (_what, text) => {
  const refused = importText(laboratory, text);
  await expect(refused).rejects.toThrow(ConflictError);
  await expect(refused).rejects.toThrow(`"5eed5eed" (${named('5eed5eed')}); "pump" (${PUMP})`);
  expect(await count(laboratory)).toBe(0);
});

test('an event whose name is the public id of another is still imported by its own', async () => {
  const id = named(PUMP);
  const text = `timestamp,event,value\n${AT},${id},1\n${AT},${PUMP},2\n${AT},00c0ffee,3\n`;
  laboratory.events.push(await anEvent(laboratory, { name: '00c0ffee' }));
  await importText(laboratory, text);
  expect((await brief(laboratory)).map((row) => row.split(' ', 2).join(' '))).toEqual([
    `${PUMP} 1`,
    'pump 2',
    // Eight hexadecimal digits are a name like any other where no public id begins with them.
    '00c0ffee 3',
  ]);
});

test.each([
  ['in the long form', `timestamp,event,value\n${AT},'=own,1\n`],
  ['in a wide header', `timestamp,'=own [V]\n${AT},1\n`],
])('an apostrophe before a formula is part of the name if an event has it, %s', async (_what, text) => {
  const events = laboratory.events
    .slice(0, 2)
    .map((event, at) => ({ ...event, name: ['=own', "'=own"][at] ?? '', unit: 'V' }));
  const stored = laboratory.events.map(({ name }) => name);
  await importText(laboratory, text, { events });
  expect(await brief(laboratory)).toEqual([`${stored[1]} 1 2026-01-01 00:00:00`]);
  await laboratory.pool.query('truncate datapoints');
  await importText(laboratory, text, { events: events.slice(0, 1) });
  expect(await brief(laboratory)).toEqual([`${stored[0]} 1 2026-01-01 00:00:00`]);
});
