import { expect, test } from 'vitest';
import { relatedTests } from './related.ts';

const e2e = (name: string) => `test/e2e/${name}.test.ts`;

test('a command selects the tests that name its noun', () => {
  const { selected, leftOut } = relatedTests(['src/commands/dashboards/update.ts']);
  expect(selected).toEqual(expect.arrayContaining([e2e('dashboards'), e2e('every-table')]));
  expect(selected).not.toContain(e2e('tokens'));
  expect(leftOut).toEqual([]);
});

test('what most nouns use selects the tests that import it, and those of the whole program; the others are left out', () => {
  const { selected, leftOut } = relatedTests(['src/database/sql.ts']);
  expect(selected).toEqual(expect.arrayContaining(['test/database/leaves.test.ts', e2e('quiet')]));
  expect(leftOut).toContain(e2e('tokens'));
  expect(relatedTests(['src/commands/users/noun.ts']).selected).toContain(e2e('users'));
});

test('a rig selects the tests that use it', () => {
  expect(relatedTests(['test/plugins/change-killed.ts']).selected).toContain(e2e('plugins-killed'));
  expect(relatedTests(['test/support/site.ts']).selected).toContain(e2e('tokens'));
});

test('a file that no test loads is named', () => {
  expect(relatedTests(['README.md'])).toEqual({
    selected: ['test/layers.test.ts'],
    leftOut: [],
    unused: ['README.md'],
  });
});
