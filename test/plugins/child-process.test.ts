import { expect, test } from 'vitest';
import { InterruptedError, NotFoundError } from '../../src/errors.ts';
import { ChildFailure, runChild } from '../../src/plugins/child-process.ts';

const settings = { environment: { PATH: process.env.PATH }, timeoutSeconds: 30 };
const shell = async (script: string, more = {}) => await runChild('/bin/sh', ['-c', script], { ...settings, ...more });

test('a child’s output is returned separately and combined', async () => {
  expect(await shell('echo out; echo error >&2')).toMatchObject({ stdout: 'out\n' });
  expect((await shell('echo out; sleep 0.2; echo error >&2')).all).toBe('out\nerror\n');
});

test('a child gets what Python needs of the environment, and no password', async () => {
  const secrets = {
    DATABASE_URL: 's3cret',
    WEBMACS_SOURCE_URL: 's3cret',
    WEBMACS_PASSWORD: 's3cret',
    WEBMACS_WEBHOOK_SECRET: 's3cret',
    PGPASSWORD: 's3cret',
    SECRET_KEY: 's3cret',
    AWS_SECRET_ACCESS_KEY: 's3cret',
    UV_PUBLISH_TOKEN: 's3cret',
    PIP_INDEX_URL: 'https://lab:s3cret@wheels.lab/simple',
  };
  const needed = { HOME: '/home/ada', LANG: 'C.UTF-8', PIP_TARGET: '/opt/site', UV_CACHE_DIR: '/var/cache/uv' };
  const { stdout } = await shell('env', { environment: { ...settings.environment, ...secrets, ...needed } });
  for (const [name, value] of Object.entries(needed)) {
    expect(stdout).toContain(`${name}=${value}\n`);
  }
  expect(stdout).not.toContain('s3cret');
});

test('a child that fails is reported with its exit code and output', async () => {
  const failed = shell('echo one; sleep 0.2; echo two >&2; exit 3');
  await expect(failed).rejects.toThrow(ChildFailure);
  await expect(failed).rejects.toThrow('/bin/sh failed with exit code 3:\none\ntwo');
});

test('only the end of a long output is kept', async () => {
  const { all } = await shell('i=0; while [ $i -lt 20000 ]; do echo "line $i"; i=$((i+1)); done');
  expect([all.length, all.endsWith('line 19999\n')]).toEqual([64 * 1024, true]);
});

test('a child that takes too long is stopped, even if it ignores SIGTERM', async () => {
  await expect(shell('exec sleep 60', { timeoutSeconds: 0.2 })).rejects.toThrow('did not finish within 0.2 s');
  await expect(shell('trap "" TERM; while :; do sleep 0.1; done', { timeoutSeconds: 0.2 })).rejects.toThrow(
    'did not finish',
  );
});

test('an interruption ends a child', async () => {
  const interruption = new AbortController();
  const running = shell('exec sleep 60', { signal: interruption.signal });
  interruption.abort();
  await expect(running).rejects.toThrow(InterruptedError);
  await expect(shell('true', { signal: interruption.signal })).rejects.toThrow(InterruptedError);
});

test('arguments are not interpreted by a shell', async () => {
  const { stdout } = await runChild('/bin/echo', ['$(id); `id` > /tmp/x', "'"], settings);
  expect(stdout).toBe("$(id); `id` > /tmp/x '\n");
});

test('a missing program is named in the error', async () => {
  await expect(runChild('/nonexistent/python', [], settings)).rejects.toThrow(NotFoundError);
});
