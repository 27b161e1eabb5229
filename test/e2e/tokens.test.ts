import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { temporaryDirectory } from '../support/program.ts';
import { aSite } from '../support/site.ts';
import { onTerminal } from '../support/terminal.ts';
import { aJwt, revoked } from '../support/tokens.ts';

const site = await aSite();
afterAll(() => site[Symbol.asyncDispose]());

const now = Math.floor(Date.now() / 1000);
const expired = () => aJwt({ sub: 'alice', exp: now - 60, iat: now - 3600, jti: randomUUID() });
const valid = () => aJwt({ sub: 'alice', exp: now + 3600, iat: now, jti: randomUUID() });
const revoke = async (token: string, ...more: string[]) =>
  await site.run(['tokens', 'revoke', '--token-stdin', ...more], { input: `${token}\n` });
const isThere = async (id: number) =>
  (await site.pool.query('select from blacklist_tokens where id = $1', [id])).rowCount === 1;

test('a token is revoked, listed, shown, changed and deleted in a pipe', async () => {
  const token = expired();
  const { code, stdout, stderr } = await revoke(token);
  expect([code, stderr]).toEqual([0, expect.stringMatching(/^✓ Token [0-9a-f]{8} revoked \(\d+\)\.\n$/)]);
  const id = stdout.trim();
  const list = await site.run('tokens list');
  expect(list.stdout.split('\n').find((line) => line.startsWith(`${id}\t`))).toMatch(/\texpired\talice\t/);
  expect((await site.run(`tokens show ${id}`)).stdout).toMatch(/^state\texpired$/m);
  expect((await site.run(`tokens update ${id} --blacklisted-on 2026-01-31`)).stdout).toBe(`${id}\n`);
  expect((await site.run(`tokens show ${id}`)).stdout).toContain('2026-01-31T00:00:00+00:00');
  expect((await site.run(`tokens delete ${id} --yes`)).code).toBe(0);
  expect((await site.run(`tokens show ${id}`)).code).toBe(3);
});

test('a token is revoked, listed, shown, changed and deleted with --json, and never printed', async () => {
  const token = expired();
  const outputs = [await revoke(token, '--json')];
  const { id, ...facts } = JSON.parse(outputs[0]?.stdout ?? '');
  expect(facts).toMatchObject({ state: 'expired', sub: 'alice', exp: expect.stringContaining('T') });
  for (const line of [
    'tokens list --json',
    `tokens show ${id} --json`,
    `tokens update ${id} --blacklisted-on now --json`,
    `tokens delete ${id} --yes --json`,
  ]) {
    const run = await site.run(line);
    expect(run.code).toBe(0);
    expect(run.stdout).toContain(line.includes('delete') ? 'success' : `"id":${id}`);
    outputs.push(run);
  }
  expect(JSON.stringify(outputs)).not.toContain(token);
});

describe('tokens revoke', () => {
  test('refuses an already revoked one with 4, without showing it, and accepts it with --if-not-exists', async () => {
    const token = valid();
    await revoke(token);
    const again = await revoke(token);
    expect([again.code, again.stdout]).toEqual([4, '']);
    expect(again.stderr).toMatch(/The token [0-9a-f]{8} is already revoked/);
    expect(again.stderr).not.toContain(token);
    expect((await revoke(token, '--if-not-exists')).code).toBe(0);
  });

  test('reads the first line of a file, and names a file that it cannot read', async () => {
    using directory = temporaryDirectory();
    const file = join(directory.path, 'token.txt');
    writeFileSync(file, `${valid()}\n`);
    expect((await site.run(['tokens', 'revoke', '--token-file', file])).code).toBe(0);
    expect((await site.run(['tokens', 'revoke', '--token-file', `${file}.no`])).code).toBe(3);
  });

  test.each([
    ['nothing', ''],
    ['blanks', 'a b'],
    ['501 characters', 'x'.repeat(501)],
  ])('refuses %s with 2', async (_what, token) => {
    expect((await revoke(token)).code).toBe(2);
  });

  test('without a terminal names its options', async () => {
    const { code, stderr } = await site.run('tokens revoke');
    expect([code, stderr]).toEqual([2, expect.stringContaining('--token-stdin')]);
  });

  test('asks on a terminal, and does not show what is typed', async () => {
    const token = valid();
    const { code, output } = await onTerminal('tokens revoke', { DATABASE_URL: site.url }, [['Token', `${token}\r`]]);
    expect([code, output]).toEqual([0, expect.stringContaining('revoked')]);
    expect(output).not.toContain(token);
  });
});

test('tokens list --expired and --valid filter, and neither lists what is not a JWT', async () => {
  const [old, fresh, opaque] = [
    await revoked(site.pool, expired()),
    await revoked(site.pool, valid()),
    await revoked(site.pool, `opaque-${randomUUID()}`),
  ];
  const idsOf = async (option: string) =>
    JSON.parse((await site.run(`tokens list ${option} --json`)).stdout).map(({ id }: { id: number }) => id);
  const [gone, still] = [await idsOf('--expired'), await idsOf('--valid')];
  expect([gone.includes(old), gone.includes(fresh), gone.includes(opaque)]).toEqual([true, false, false]);
  expect([still.includes(old), still.includes(fresh), still.includes(opaque)]).toEqual([false, true, false]);
});

test.each([
  ['has not expired', valid],
  ['never expires', () => aJwt({ sub: 'x', jti: randomUUID() })],
  ['is not a JWT', () => `opaque-${randomUUID()}`],
])('tokens delete refuses a token that %s with 4, unless --force', async (_what, make) => {
  const id = await revoked(site.pool, make());
  expect((await site.run(`tokens delete ${id} --yes`)).code).toBe(4);
  expect(await isThere(id)).toBe(true);
  expect((await site.run(`tokens delete ${id} --yes --force`)).code).toBe(0);
  expect(await isThere(id)).toBe(false);
});

describe('tokens prune', () => {
  test('deletes expired tokens and old ones that are not JWTs, and nothing else', async () => {
    const gone = [
      await revoked(site.pool, expired()),
      await revoked(site.pool, aJwt({ exp: '1', jti: randomUUID() })),
      await revoked(site.pool, aJwt({ exp: -1.5, jti: randomUUID() })),
      await revoked(site.pool, `old-${randomUUID()}`, 25),
      await revoked(site.pool, aJwt([{ exp: now + 60 }]), 25),
    ];
    const kept = [
      await revoked(site.pool, valid(), 1000),
      await revoked(site.pool, aJwt({ sub: 'no exp', jti: randomUUID() }), 1000),
      await revoked(site.pool, aJwt(`{"exp":1e999999,"jti":"${randomUUID()}"}`), 1000),
      await revoked(site.pool, `new-${randomUUID()}`, 23),
    ];
    const { code, stdout, stderr } = await site.run('tokens prune');
    expect([code, stdout, stderr]).toEqual([0, '', '']);
    expect(await Promise.all(gone.map(isThere))).toEqual(gone.map(() => false));
    expect(await Promise.all(kept.map(isThere))).toEqual(kept.map(() => true));
  });

  test('reads the age for what is not a JWT from the server’s setting, or from --older-than', async () => {
    const [old, young] = [await revoked(site.pool, 'two hours', 2), await revoked(site.pool, 'half an hour', 0.5)];
    await site.run('tokens prune', { env: { ACCESS_TOKEN_EXPIRE_MINUTES: '60' } });
    expect([await isThere(old), await isThere(young)]).toEqual([false, true]);
    await site.run('tokens prune --older-than PT20M');
    expect(await isThere(young)).toBe(false);
    const { code, stderr } = await site.run('tokens prune', { env: { ACCESS_TOKEN_EXPIRE_MINUTES: 'soon' } });
    expect([code, stderr]).toEqual([2, expect.stringContaining('ACCESS_TOKEN_EXPIRE_MINUTES')]);
  });

  test('with --force deletes valid ones that were revoked long ago, too', async () => {
    const [old, young] = [await revoked(site.pool, valid(), 48), await revoked(site.pool, valid(), 1)];
    const { stdout } = await site.run('tokens prune --force --older-than 1d --json');
    expect(JSON.parse(stdout).deleted).toBeGreaterThan(0);
    expect([await isThere(old), await isThere(young)]).toEqual([false, true]);
  });
});
