import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { cheapHashes } from '../support/cheap-hashes.ts';
import { ROOT } from '../support/paths.ts';
import { aSite } from '../support/site.ts';

cheapHashes();
const site = await aSite();
afterAll(() => site[Symbol.asyncDispose]());

test('the example is applied, and then is what the database has', async () => {
  const file = join(ROOT, 'examples/fluidised-bed/site.yaml');
  const env = { ADMIN_PASSWORD: 'a password', OPERATOR_PASSWORD: 'another one', HOOK_SECRET: 'a secret' };
  expect((await site.run(['apply', '-f', file], { env })).code).toBe(0);
  expect(await site.run(['diff', '-f', file, '--prune'])).toMatchObject({ code: 0, stderr: 'No changes.\n' });
  const { rows } = await site.pool.query('select name, threshold from rules order by name');
  expect(rows.map(({ name, threshold }) => [name, threshold])).toEqual([
    ['Air flow lost', 20],
    ['Bed not fluidised', 5],
    ['Overheat', 850],
  ]);
});
