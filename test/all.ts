import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

// "npm test": the tests, and beside them what looks at the source alone, whose output is shown where it fails.

const npm = (script: string, stdio: 'inherit' | 'pipe'): ChildProcess =>
  spawn('npm', ['run', '--silent', script], {
    stdio: ['ignore', stdio, stdio],
    // As where each runs on a terminal of its own.
    env: { ...process.env, ...(process.stdout.isTTY ? { FORCE_COLOR: '1' } : {}) },
  });

async function beside(script: string): Promise<string> {
  const child = npm(script, 'pipe');
  const printed = Promise.all([child.stdout, child.stderr].map((stream) => (stream ? text(stream) : '')));
  const [code] = await once(child, 'close');
  return code === 0 ? '' : `\n"npm run ${script}" failed:\n${(await printed).join('')}`;
}

const checks = Promise.all(['lint', 'check'].map(beside));
const [code] = await once(npm('test:run', 'inherit'), 'close');
const complaints = (await checks).join('');
process.stderr.write(complaints);
process.exitCode = code === 0 && complaints === '' ? 0 : 1;
