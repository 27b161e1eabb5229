import { join } from 'node:path';
import { expect } from 'vitest';
import { temporaryDirectory } from '../support/program.ts';
import { AGREED, anEvent, anExperiment, type Site } from '../support/site.ts';
import { aSiteFor, type TestedForm, testForm } from '../support/storage-forms.ts';

/** Two events, at the same times of January and February 2024, with all that a value can be, in chunks of ten days. */
async function aRig(form: TestedForm): Promise<Site> {
  const site = await aSiteFor(form);
  const events = [(await anEvent(site)).publicId, (await anEvent(site)).publicId];
  const { publicId: experiment } = await anExperiment(site, { name: 'Run' });
  expect((await site.run(`db storage timescale --chunk 10d --compress-after 36500d${AGREED}`)).code).toBe(0);
  await site.pool.query(
    `insert into datapoints (public_id, value, timestamp, event_public_id, experiment_public_id)
     select gen_random_uuid(), (array['NaN', 'Infinity', '-Infinity', '-0', '1e-310', '0.1', '1e300', i::text]::float8[])[1 + i % 8],
            timestamptz '2024-01-15T00:00:00.000001Z' + i / 2 * interval '6 hours', ($1::text[])[1 + i % 2],
            case when i % 3 = 0 then $2 end
       from generate_series(0, 199) i`,
    [events, experiment],
  );
  if (form === 'compressed') {
    await site.pool.query(`select compress_chunk(chunk) from show_chunks('datapoints') chunk`);
  }
  return site;
}

async function stored({ pool }: Site): Promise<unknown[]> {
  const { rows } = await pool.query(
    `select id::text, public_id, value::text, extract(epoch from timestamp)::text as time, event_public_id, experiment_public_id
       from datapoints order by timestamp, id`,
  );
  return rows;
}

const READING = [
  'datapoints export -o - --preamble',
  'datapoints export -o - --every 1d --aggregate mean,max,count',
  'experiments export Run -o - --wide',
  'datapoints stats --json',
];

for (const form of ['hypertable', 'compressed'] as const) {
  testForm(
    form,
    `${form}: months are archived, dropped, read from the archive, and restored as they were`,
    async () => {
      await using site = await aRig(form);
      using folder = temporaryDirectory();
      const archive = join(folder.path, 'archive');
      const told = async (line: string) => JSON.parse((await site.run(`datapoints ${line} --json`)).stdout);
      const before = await stored(site);
      const expected = [];
      for (const line of READING) {
        expected.push((await site.run(line)).stdout);
      }
      expect(await told(`archive --older-than 1y -o ${archive} --drop`)).toMatchObject({
        rows: 200,
        deleted: 200,
        left: 0,
      });
      expect(await stored(site)).toEqual([]);
      const archived = [];
      for (const line of READING) {
        archived.push((await site.run(`${line} --archive ${archive}`)).stdout);
      }
      expect(archived).toEqual(expected);
      // One month beside the other, which is still in the archive only.
      expect(await told(`restore ${archive} --month 2024-02`)).toMatchObject({ restored: 64 });
      if (form === 'compressed') {
        await site.pool.query(`select compress_chunk(chunk, true) from show_chunks('datapoints') chunk`);
      }
      expect((await site.run(`datapoints stats --json --archive ${archive}`)).stdout).toEqual(expected[3]);
      expect((await site.run(`datapoints restore ${archive} --month 2024-02`)).code).toBe(4);
      expect(await told(`restore ${archive} --on-duplicate skip`)).toMatchObject({ restored: 136, skipped: 64 });
      expect(await stored(site)).toEqual(before);
    },
  );
}
