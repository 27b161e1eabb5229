import { strict as assert } from 'node:assert';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hostileSite } from '../site.ts';
import { startProgram } from '../start.ts';
import { runKills } from './kills.ts';
import { aMixedRig, CONTENT, SCHEMA } from './rig.ts';

/** A killed restore leaves no tables, empty ones, all rows, or a database that is refused; it resumes, and ends with the same rows. */
const folder = mkdtempSync(join(tmpdir(), 'restore-'));
const file = join(folder, 'a.tar.zst');

await using source = await hostileSite();
await aMixedRig(source);
const expected = await source.value(CONTENT);
const schema = await source.value(SCHEMA);
const backup = await startProgram(['db', 'backup', '-o', file], { DATABASE_URL: source.url }).outcome;
assert.equal(backup.code, 0, backup.stderr);
let target = await hostileSite({ tables: false });

await runKills(async () => {
  await target[Symbol.asyncDispose]();
  target = await hostileSite({ tables: false });
  const site = target;
  const words = ['db', 'restore', file];
  const env = { DATABASE_URL: site.url };
  return {
    kind: 'restore',
    words,
    env,
    site,
    async check(done) {
      const tables = Number(await site.value(`select count(*)::int from pg_tables where schemaname = 'public'`));
      const isMarked = (await site.value(`select to_regclass('webmacs_transfer') is not null`)) === true;
      const content = tables === 0 ? null : await site.value(CONTENT);
      assert(isMarked ? !done : content === expected || (content === null && !done), `${tables} tables, ${content}`);
      if (isMarked) {
        const { code } = await startProgram(['db', 'check'], env).outcome;
        assert.equal(code, 5, 'half of a database is accepted');
      }
    },
    async repeat(run) {
      await run(words, env);
      assert.equal(await site.value(CONTENT), expected, 'the rows differ');
      assert.equal(await site.value(SCHEMA), schema, 'the indexes differ');
    },
  };
});
await target[Symbol.asyncDispose]();
rmSync(folder, { recursive: true });
