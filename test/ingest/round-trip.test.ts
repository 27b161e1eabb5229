import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { aRig } from '../export/rig.ts';
import { temporaryDirectory } from '../support/program.ts';
import { aSite } from '../support/site.ts';

const site = await aSite();
afterAll(() => site[Symbol.asyncDispose]());

const TIMESTAMPS = `(array['infinity', '-infinity', '4714-11-24 00:00:00+00 BC', '0001-02-29 12:00:00.5+00 BC',
  '0001-01-01 00:00:00+00', '9999-12-31 23:59:59.999999+00', '10000-02-29 00:00:00.25+00',
  '294276-12-31 23:59:59.999999+00', '2026-01-01'])[1 + i]::timestamptz`;
const VALUES = `(array['NaN', 'Infinity', '-Infinity', '-0', '4.9e-324', '1.7976931348623157e308', '0.1', '1', '2'])[1 + i]::float8`;

test('an export of every kind of timestamp and value can be imported', async () => {
  const rig = await aRig(site.pool, { rows: 9, timestamp: TIMESTAMPS, value: VALUES });
  const exportOf = async () => await site.run(`experiments export ${rig.experimentPublicId} -o -`);
  const { stdout: exported } = await exportOf();
  await site.pool.query('delete from datapoints');

  const words = `datapoints import - --experiment ${rig.experimentPublicId} --timezone Asia/Tokyo --json`;
  const { code, stdout, stderr } = await site.run(words, { input: exported });

  expect([code, stderr]).toEqual([0, '']);
  expect(JSON.parse(stdout)).toMatchObject({ rows: 9, bad: 0, first: '-infinity', last: 'infinity' });
  expect((await exportOf()).stdout).toBe(exported);
});

const ZONE = ['--timezone', 'Europe/Berlin'];

test.each<[written: string[], read: string[]]>([
  [['--format', 'tsv'], []],
  [['--format', 'ndjson'], []],
  [['--time-format', 'iso', ...ZONE], []],
  [['--time-format', 'server', '--timezone', '-03:30'], []],
  [['--timezone', 'America/Caracas', '--decimal', ','], []],
  [
    ['--time-format', 'iso', '--delimiter', '|', '--columns', 'value,datapoint_public_id,timestamp,event_public_id'],
    [],
  ],
  [
    ['--time-format', 'epoch'],
    ['--time-format', 'unix'],
  ],
  [
    ['--time-format', 'epoch-ms', '--format', 'ndjson'],
    ['--time-format', 'unix_ms'],
  ],
  [
    ['--time-format', 'excel', ...ZONE],
    ['--time-format', 'excel', ...ZONE],
  ],
  [
    ['--time-format', 'relative'],
    ['--time-format', 'elapsed', '--start', '2026-01-01T00:00:00Z'],
  ],
  [['--excel=de', ...ZONE], ZONE],
  [
    ['--excel=fr', '--time-format', 'excel'],
    ['--time-format', 'excel', '--timezone', 'UTC'],
  ],
  [
    ['--excel', '--format', 'tsv'],
    ['--timezone', 'UTC'],
  ],
])('what is exported with %j is imported with %j', async (written, read) => {
  const isInstant = read.length === 0;
  const timestamp = isInstant
    ? TIMESTAMPS
    : `timestamptz '2026-02-01 00:00+00' + i * interval '31 days 1 h 2 min 3.004 s' ${read.includes('excel') ? "+ i * interval '1 us'" : ''}`;
  const rig = await aRig(site.pool, {
    rows: 9,
    timestamp,
    value: VALUES,
    eventNames: [`=a ${randomUUID()}`, `b, "c"\n${randomUUID()}`],
  });
  const exportOf = async (...options: string[]) =>
    (await site.run(['experiments', 'export', rig.experimentPublicId, '-o', '-', ...options])).stdout;
  await site.pool.query(`update experiments set started_on = '2026-01-01 00:00+00' where public_id = $1`, [
    rig.experimentPublicId,
  ]);
  const before = await exportOf();
  const input = await exportOf(...written);
  await site.pool.query('delete from datapoints');

  const words = ['datapoints', 'import', '-', '--experiment', rig.experimentPublicId, ...read];
  const { code, stderr } = await site.run(words, { input });

  expect([code, stderr]).toEqual([0, expect.stringContaining('9 datapoints')]);
  expect(await exportOf()).toBe(before);
});

test.each<[written: string[], read: string[]]>([
  [['--format', 'ndjson'], []],
  [['--format', 'tsv', '--time-format', 'iso', ...ZONE, '--decimal', ','], []],
  [
    ['--excel=de', ...ZONE],
    [...ZONE, '--nan', 'keep'],
  ],
  [['--time-format', 'server', '--timezone', '-03:30', '--delimiter', '|', '--header-style', 'id'], []],
  [
    ['--time-format', 'epoch', '--header-style', 'name'],
    ['--time-format', 'unix', '--nan', 'keep'],
  ],
  [
    ['--time-format', 'epoch-ms', '--format', 'ndjson'],
    ['--time-format', 'unix_ms', '--nan', 'keep'],
  ],
  [
    ['--time-format', 'excel', ...ZONE],
    ['--time-format', 'excel', ...ZONE, '--nan', 'keep'],
  ],
  [
    ['--time-format', 'relative', '--decimal', ','],
    ['--time-format', 'elapsed', '--start', '2026-01-01T00:00:00Z', '--nan', 'keep'],
  ],
])('what is exported with --wide and %j is imported with %j', async (written, read) => {
  const names = [`b, "c" ${randomUUID()}`, `Zone; 1 ${randomUUID()}`];
  const rig = await aRig(site.pool, { rows: 9, value: VALUES, eventNames: names, unit: 'm³/h' });
  const exportOf = async (...options: string[]) =>
    (await site.run(['experiments', 'export', rig.experimentPublicId, '-o', '-', ...options])).stdout;
  const before = await exportOf('--columns', 'timestamp,event_public_id,value');
  const input = await exportOf('--wide', ...written);
  await site.pool.query('delete from datapoints');

  const words = ['datapoints', 'import', '-', '--experiment', rig.experimentPublicId, ...read];
  const { code, stderr } = await site.run(words, { input });

  expect([code, stderr]).toEqual([0, expect.stringContaining('9 datapoints')]);
  expect(await exportOf('--columns', 'timestamp,event_public_id,value')).toBe(before);
});

test.each<[written: string[], read: string[]]>([
  [['--columns', 'event_name,timestamp,value'], []],
  [['--columns', 'event_name,timestamp,value', '--excel=de', ...ZONE], ZONE],
  [
    ['--wide', '--excel=de', ...ZONE],
    [...ZONE, '--nan', 'keep'],
  ],
])('names of formulas and of two lines, exported with %j, are found again with %j', async (written, read) => {
  const id = randomUUID();
  const names = [`two\nlines ${id}`, `=1+1 ${id}`, `@file ${id}`, `-dash ${id}`];
  const rig = await aRig(site.pool, { rows: 8, eventNames: names });
  const exportOf = async (...options: string[]) =>
    (await site.run(['experiments', 'export', rig.experimentPublicId, '-o', '-', ...options])).stdout;
  const before = await exportOf('--columns', 'timestamp,event_public_id,value');
  const input = await exportOf(...written);
  await site.pool.query('delete from datapoints');

  const { code, stderr } = await site.run(
    ['datapoints', 'import', '-', '--experiment', rig.experimentPublicId, ...read],
    { input },
  );

  expect([code, stderr]).toEqual([0, expect.stringContaining('8 datapoints')]);
  expect(await exportOf('--columns', 'timestamp,event_public_id,value')).toBe(before);
});

test('what is exported of several experiments is imported into the one of --experiment, which is said', async () => {
  const rigs = [
    await aRig(site.pool, { rows: 2, eventNames: [`one ${randomUUID()}`] }),
    await aRig(site.pool, { rows: 3, eventNames: [`other ${randomUUID()}`] }),
  ];
  const [one = '', other = ''] = rigs.map(({ experimentPublicId }) => experimentPublicId);
  const exportOf = async (...experiments: string[]) =>
    (await site.run(['experiments', 'export', ...experiments, '--layout', 'one-file', '-o', '-'])).stdout;
  const input = await exportOf(one, other);
  await site.pool.query('delete from datapoints');

  const { code, stderr } = await site.run(['datapoints', 'import', '-', '--experiment', other], { input });

  expect([code, stderr]).toEqual([0, expect.stringContaining('5 datapoints')]);
  expect(stderr).toContain(
    'not imported: "experiment_name" (--experiment decides), "experiment_public_id" (--experiment decides).',
  );
  const withoutExperiments = input.replaceAll(/,experiment_name.*|,experiment-.*/g, '');
  expect(await exportOf(other)).toBe(withoutExperiments);
});

test('an inspection of lines of JSON prints the command that imports them', async () => {
  using folder = temporaryDirectory();
  const names = [`Zone "1", ${randomUUID()}`, `Zone 2 ${randomUUID()}`];
  const rig = await aRig(site.pool, { rows: 10, eventNames: names });
  const file = join(folder.path, 'wide.ndjson');
  const line = (second: number) =>
    JSON.stringify({ time: `31.01.2026 12:00:0${second}`, [names[0] ?? '']: second, [names[1] ?? '']: null });
  writeFileSync(file, [1, 2, 3].map(line).join('\n'));

  const { stdout } = await site.run(['datapoints', 'inspect', file, '--timezone', '+01:00']);
  const command = stdout.trimEnd().split('\n').at(-1) ?? '';
  expect(command).toMatch(/ datapoints import \S+wide\.ndjson /);
  const words = [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
  const { stderr } = await site.run(words.slice(words.indexOf('datapoints')));
  expect(stderr).toContain('3 datapoints imported');
  const { rows } = await site.pool.query(
    `select value, to_char(timestamp at time zone 'UTC', 'HH24:MI:SS') as at from datapoints
     where event_public_id = $1 and experiment_public_id is null order by timestamp`,
    [rig.eventPublicIds[0]],
  );
  expect(rows).toEqual([1, 2, 3].map((second) => ({ value: second, at: `11:00:0${second}` })));
});

test('lines of JSON that are no objects of the table are rejected by their number', async () => {
  const { eventPublicIds } = await aRig(site.pool, { rows: 0, eventNames: ['json'] });
  const row = (value: string) =>
    `{"timestamp":"2026-01-01T00:00:00Z","event":"${eventPublicIds[0]}","value":${value}}\n`;
  const { code, stderr } = await site.run('datapoints import -', {
    input: `${row('1')}\n${row('2').slice(0, 30)}\nx\n${row('"y"')}`,
  });
  expect(code).toBe(2);
  expect(stderr).toMatch(/lines 3, 4: .*\n.*line 5: /);
});

test.each([
  ['4713-12-31 23:59:59+00 BC', '0044-03-15 12:00:00.5+01 BC', '0044-03-15 11:00:00.5+00 BC'],
  ['2026-01-01T00:00:00Z', '12026-01-01 00:00:00+00', '12026-01-01 00:00:00+00'],
])('the summary of an import has years outside of 1 to 9999: %s to %s', async (first, last, shown) => {
  const { eventPublicIds } = await aRig(site.pool, { rows: 0, eventNames: [`event of ${last}`] });
  const input = `timestamp,event,value\n${last},${eventPublicIds[0]},1\n${first},${eventPublicIds[0]},2\n`;
  const { stdout } = await site.run('datapoints import - --json', { input });
  expect(JSON.parse(stdout)).toMatchObject({ rows: 2, last: shown });
});
