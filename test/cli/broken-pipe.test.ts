import { expect, test } from 'vitest';
import { run } from '../../src/cli/run.ts';
import { processStreams } from '../../src/cli/streams.ts';
import { TestHost } from '../support/host.ts';

const brokenPipe = () => Object.assign(new Error('write EPIPE'), { code: 'EPIPE', syscall: 'write', errno: -32 });

async function runCommand(work: (host: TestHost) => Promise<void>): Promise<{ code: number; stderr: string }> {
  const host = new TestHost({ env: { DATABASE_URL: 'postgresql://lab@localhost/lab' } });
  const command = {
    name: 'fail',
    description: '',
    group: '',
    load: async () => (noun: { action(run: () => Promise<void>): unknown }) => void noun.action(() => work(host)),
  };
  const { exitCode } = await run(['fail'], [command], processStreams(host), host);
  return { code: exitCode, stderr: host.stderr.text };
}

test('a reader of standard output that has closed it, such as head, is no failure', async () => {
  const { code, stderr } = await runCommand(async ({ stdout }) => {
    const error = brokenPipe();
    stdout.destroy(error);
    await new Promise(setImmediate);
    throw error;
  });
  expect([code, stderr]).toEqual([0, '']);
});

test('a connection that breaks in the same way is a failure', async () => {
  const { code, stderr } = await runCommand(() => Promise.reject(brokenPipe()));
  expect([code, stderr]).toEqual([5, expect.stringContaining('connection was closed')]);
});
