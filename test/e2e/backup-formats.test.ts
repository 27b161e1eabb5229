import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { FORMAT } from '../../src/backup/manifest.ts';
import { aSource, viewOf } from '../support/migration.ts';
import { ROOT } from '../support/paths.ts';
import { anEmptySite } from '../support/site.ts';

/** A backup of each format that there has been, of the rows of `aSource`; they are never written again. */
const folder = join(ROOT, 'test/backup');
const source = await aSource();
afterAll(() => source[Symbol.asyncDispose]());

test('there is a backup of every format', () => {
  const formats = Array.from({ length: FORMAT }, (_, at) => `format-${at + 1}.tar.zst`);
  expect(readdirSync(folder).sort()).toEqual(formats.sort());
});

test.each(readdirSync(folder).flatMap((file) => ['own', 'server-roles'].map((layout) => [file, layout] as const)))(
  '%s is restored into %s',
  async (file, layout) => {
    await using target = await anEmptySite();
    expect(await target.run(['db', 'restore', join(folder, file), '--layout', layout])).toMatchObject({ code: 0 });
    const { plugins, ...view } = await viewOf(target);
    expect(plugins).toHaveLength(1);
    expect(view).toEqual(expect.objectContaining(await viewOf(source).then(({ plugins: _, ...rest }) => rest)));
  },
);
