/**
 * `npm run hostile [-- PART...] [--count N] [--seed N]`: feeds hostile input to the built program, kills it at random moments,
 * and starts it many times at once; prints a table, and exits 1 on a finding. The seed is fixed, so that a run can be repeated.
 * The parts are in
 * `parts.ts`.
 */
import { parseArgs } from 'node:util';
import setup from '../support/server.ts';
import { runPart } from './part.ts';
import { PARTS } from './parts.ts';

const SHOWN_FINDINGS = 10;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { count: { type: 'string' }, seed: { type: 'string', default: '20261124' } },
});
for (const [option, value] of Object.entries(values)) {
  if (!/^\d+$/.test(value)) {
    throw new Error(`--${option} must be a whole number, not "${value}"`);
  }
}
const unknown = positionals.find((name) => !PARTS.some((part) => part.name === name));
if (unknown !== undefined) {
  throw new Error(`Unknown part "${unknown}": ${PARTS.map(({ name }) => name).join(', ')}`);
}
const chosen = PARTS.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
const stopServer = chosen.some(({ server }) => server) ? await startServer() : undefined;

console.log(`Seed ${values.seed}\n`);
console.log('| part | cases | seconds | findings | outcome |');
console.log('| --- | --- | --- | --- | --- |');
const findings: string[] = [];
for (const part of chosen) {
  const count = Number(values.count ?? part.count);
  const result = await runPart(part, count, Number(values.seed));
  console.log(
    `| ${part.name} | ${count} | ${result.seconds.toFixed(1)} | ${result.findings.length} | ${result.summary} |`,
  );
  findings.push(...result.findings.slice(0, SHOWN_FINDINGS).map((finding) => `${part.name}: ${finding}`));
}
for (const finding of findings) {
  console.error(finding);
}
await stopServer?.();
process.exitCode = findings.length > 0 ? 1 : 0;

/** Starts the server of the tests; it and every file of the parts go with this process. */
async function startServer(): Promise<() => Promise<void>> {
  return await setup({
    provide: (name, value) => {
      if (name === 'serverUrl') {
        process.env.HOSTILE_SERVER = value;
      }
    },
  });
}
