import { appendFileSync, readFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { TestHost } from '../support/host.ts';
import { temporaryDirectory } from '../support/program.ts';
import { type Running, running } from '../support/running.ts';
import { anEvent, aSite, aUser } from '../support/site.ts';
import { until } from '../support/until.ts';

const site = await aSite();
const folder = temporaryDirectory();
afterAll(async () => {
  folder[Symbol.dispose]();
  await site[Symbol.asyncDispose]();
});
await aUser(site, { admin: true });
await anEvent(site, { name: 'T' });
await anEvent(site, { name: 'P' });
const env = { DATABASE_URL: site.url, WEBMACS_DATA_DIR: join(folder.path, 'data') };

let number = 0;
const aPath = () => join(folder.path, `logger-${++number}.csv`);
const following = (path: string, ...more: string[]) =>
  running(['datapoints', 'import', path, '--follow', '--timezone', 'UTC', ...more], new TestHost({ env }));
const line = (second: number, value: number | string = second) =>
  `${new Date(Date.UTC(2026, 0, 1) + second * 1000).toISOString()},${value}\n`;

async function stored(name = 'T'): Promise<number[]> {
  const { rows } = await site.pool.query<{ value: number }>(
    'select value from datapoints where event_public_id = (select public_id from events where name = $1) order by id',
    [name],
  );
  return rows.map(({ value }) => value);
}

const untilStored = async (...values: number[]) =>
  await until(async () => JSON.stringify(await stored()) === JSON.stringify(values));

/** Waits until a command has ended by itself. */
async function ended(command: Running, message: string) {
  await until(() => command.stderr().includes(message));
  return await command.interrupt();
}

beforeEach(() => site.pool.query('delete from datapoints'));

describe('import --follow', () => {
  test('waits for the file and for rows, says so, and imports what is complete until Ctrl-C', async () => {
    const path = aPath();
    await using command = following(path);
    await until(() => command.stderr().includes('Waiting for the file'));
    writeFileSync(path, 'time,T\n');
    await until(() => command.stderr().includes('Waiting for rows'));
    appendFileSync(path, line(1) + line(2).slice(0, -2));
    await untilStored(1);
    appendFileSync(path, `5\n${line(3)}`);
    await untilStored(1, 5, 3);
    appendFileSync(path, line(4).slice(0, 9));
    const { code, stderr } = await command.interrupt();
    expect([code, stderr]).toEqual([130, expect.stringContaining('Interrupted after 3 datapoints')]);
    expect(await stored()).toEqual([1, 5, 3]);
  });

  test('reads the rest of a renamed file, then the new one, whose header is its own', async () => {
    const path = aPath();
    writeFileSync(path, `time,T\n${line(1)}`);
    await using _following = following(path);
    await untilStored(1);
    renameSync(path, `${path}.1`);
    appendFileSync(`${path}.1`, line(2));
    writeFileSync(path, `T;time\n${line(3).trim().split(',').reverse().join(';')}\n`);
    // The program that writes goes on with the old one for a moment.
    appendFileSync(`${path}.1`, line(2.5).trim());
    await untilStored(1, 2, 2.5, 3);
    renameSync(path, `${path}.2`);
    writeFileSync(path, 'time,T,P\n2026-01-02T00:00:00Z,7,8\n');
    await untilStored(1, 2, 2.5, 3, 7);
    expect(await stored('P')).toEqual([8]);
  });

  test('starts again with a file that was written anew, shorter or longer, and drops the cut line', async () => {
    const path = aPath();
    writeFileSync(path, `time,T\n${line(1)}${line(2)}${line(3).slice(0, 26)}`);
    await using command = following(path);
    await untilStored(1, 2);
    truncateSync(path, 0);
    await until(() => command.stderr().includes('was rewritten'));
    appendFileSync(path, `time,T\n${line(4)}`);
    await untilStored(1, 2, 4);
    writeFileSync(path, `time,T\n${line(5)}${line(6)}${line(7)}`);
    await untilStored(1, 2, 4, 5, 6, 7);
  });

  test('ends at a bad line, which it names; what came before stays', async () => {
    const path = aPath();
    writeFileSync(path, `time,T\n${line(1)}`);
    await using command = following(path);
    await untilStored(1);
    appendFileSync(path, line(2) + line(3, 'x'));
    const { code, stderr } = await ended(command, 'bad line');
    expect([code, stderr]).toEqual([2, expect.stringContaining('line 4: "x" is not a valid number')]);
    expect(stderr).toContain('nothing of this part was imported');
    expect(await stored()).toEqual([1]);
  });

  test('goes on after a bad line with --skip-bad, and appends it to the file of rejected lines', async () => {
    const [path, rejects] = [aPath(), aPath()];
    writeFileSync(rejects, 'kept\n');
    writeFileSync(path, `time,T\n${line(1, 'x')}${line(2)}`);
    await using command = following(path, '--skip-bad', rejects);
    await untilStored(2);
    appendFileSync(path, line(3, 'y'));
    await until(() => readFileSync(rejects, 'utf8').includes(',y,4,'));
    appendFileSync(path, line(4));
    await untilStored(2, 4);
    await command.interrupt();
    expect(readFileSync(rejects, 'utf8')).toMatch(/^kept\ntime,T,rejected_line.*\n.*,x,2,.*\n.*,y,4,.*\n$/);
  });

  test('started again, refuses what is there already, and says how to go on', async () => {
    const path = aPath();
    writeFileSync(path, `time,T\n${line(1)}${line(2)}`);
    {
      await using first = following(path);
      await untilStored(1, 2);
      expect((await first.interrupt()).stderr).toContain('--on-duplicate skip');
    }
    appendFileSync(path, line(3));
    await using refused = following(path);
    expect(await ended(refused, '--on-duplicate skip')).toMatchObject({ code: 4 });
    await using again = following(path, '--on-duplicate', 'skip', '--json');
    await untilStored(1, 2, 3);
    const [facts] = await again.lines(1);
    expect(JSON.parse(facts ?? '')).toMatchObject({ file: path, rows: 1, duplicates: { skipped: 2 } });
  });

  test('infers repeated hours across its parts', async () => {
    const path = aPath();
    writeFileSync(path, 'time,T\n2026-10-25 01:30:00,1\n2026-10-25 02:30:00,2\n');
    await using _following = following(path, '--timezone', 'Europe/Berlin', '--ambiguous', 'infer');
    await untilStored(1, 2);
    appendFileSync(path, '2026-10-25 02:00:00,3\n');
    await untilStored(1, 2, 3);
    const { rows } = await site.pool.query(
      `select (timestamp at time zone 'UTC')::time::text as utc from datapoints order by id`,
    );
    expect(rows.map(({ utc }) => utc)).toEqual(['23:30:00', '00:30:00', '01:00:00']);
  });

  test('creates events as they appear, with the range that is given', async () => {
    const path = aPath();
    writeFileSync(path, `timestamp,event,value\n2026-01-01T00:00:00Z,New 1,1\n`);
    await using command = following(path, '--create-events', '--min', '0', '--max', '10');
    await until(() => command.stderr().includes('Created the event "New 1" (0 to 10)'));
    appendFileSync(path, '2026-01-01T00:00:01Z,New 1,2\n2026-01-01T00:00:01Z,New 2,3\n');
    await until(() => command.stderr().includes('Created the event "New 2"'));
    expect(await stored('New 1')).toEqual([1, 2]);
    expect(command.stderr().split('"New 1"')).toHaveLength(2);
  });

  test('nothing is lost or doubled, wherever writes and files end', async () => {
    const path = aPath();
    let seed = 7;
    const random = (below: number) => {
      seed = (seed * 48271) % 2147483647;
      return seed % below;
    };
    writeFileSync(path, '');
    await using command = following(path);
    const all = [...Array(400).keys()];
    for (const from of [0, 100, 200, 300]) {
      const text = `time,T\n${all
        .slice(from, from + 100)
        .map((second) => line(second))
        .join('')}`;
      for (let at = 0; at < text.length; ) {
        const part = text.slice(at, at + 1 + random(400));
        appendFileSync(path, part);
        at += part.length;
        if (random(4) === 0) {
          const complete = text.slice(0, at).split('\n').length - 2;
          await untilStored(...all.slice(0, from + Math.max(0, complete)));
        }
      }
      if (from < 300) {
        renameSync(path, `${path}.${from}`);
        writeFileSync(path, '');
      }
    }
    await untilStored(...all);
    expect((await command.interrupt()).code).toBe(130);
  });

  test.each([
    [['--atomic'], '--atomic'],
    [['--on-duplicate', 'keep'], '--on-duplicate skip'],
    [['--create-events'], '--min and --max'],
    [['--create-experiment', 'New'], '--experiment'],
    [['another.csv'], 'one file'],
  ])('is refused with %j', async (more, hint) => {
    const { code, stderr } = await site.run(['datapoints', 'import', aPath(), '--follow', ...more]);
    expect([code, stderr]).toEqual([2, expect.stringContaining(hint)]);
  });

  test('is refused for what cannot grow or cannot be read', async () => {
    expect(await site.run('datapoints import - --follow')).toMatchObject({ code: 2 });
    expect(await site.run('datapoints import log.csv.gz --follow')).toMatchObject({ code: 2 });
    expect(await site.run(['datapoints', 'import', folder.path, '--follow'])).toMatchObject({ code: 2 });
    const path = aPath();
    writeFileSync(path, 'nothing\nof use\n');
    expect(await site.run(['datapoints', 'import', path, '--follow'])).toMatchObject({ code: 2 });
  });
});
