import { expect, test } from 'vitest';
import { aSite, aUser, type Site } from '../support/site.ts';

const EVENT = 'events create Valve --unit % --min 0 --max 1 --type actuator --json';

async function ownerOf(site: Site, line: string, env: Record<string, string> = {}): Promise<unknown> {
  const { stdout } = await site.run(line, { env });
  return JSON.parse(stdout).user_public_id;
}

test('a new row belongs to the only admin', async () => {
  await using site = await aSite();
  const admin = await aUser(site, { admin: true });
  await aUser(site);
  expect(await ownerOf(site, EVENT)).toBe(admin.publicId);
});

test('a new row belongs to --as USER, by name or the beginning of the public id', async () => {
  await using site = await aSite();
  await aUser(site, { admin: true });
  const { username, publicId } = await aUser(site);
  expect(await ownerOf(site, `${EVENT} --as ${username}`)).toBe(publicId);
  expect(await ownerOf(site, `--as ${publicId.slice(0, 8)} experiments start R1 --json`)).toBe(publicId);
});

test('a new row belongs to the configured user, where --as is left out', async () => {
  await using site = await aSite();
  await aUser(site, { admin: true });
  const { username, publicId } = await aUser(site);
  expect(await ownerOf(site, EVENT, { WEBMACS_USER: username })).toBe(publicId);
});

test('with two admins, not interactively, --as is required, and nothing is written', async () => {
  await using site = await aSite();
  const [one, other] = [await aUser(site, { admin: true }), await aUser(site, { admin: true })];
  const { code, stdout, stderr } = await site.run(EVENT.replace(' --json', ''));
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toContain(`More than one admin (${one.username}, ${other.username}). Choose the owner with --as.`);
  expect(stderr).toContain('--as USER');
  expect((await site.run('events list --json')).stdout).toBe('[]\n');
});

test('without any user the hint is how to create one', async () => {
  await using site = await aSite();
  const { code, stderr } = await site.run('experiments start R1');
  expect(code).toBe(2);
  expect(stderr).toContain('webmacs users create NAME --email ADDRESS --admin');
});

test('an unknown user exits 3', async () => {
  await using site = await aSite();
  expect((await site.run(`${EVENT} --as nobody`)).code).toBe(3);
});
