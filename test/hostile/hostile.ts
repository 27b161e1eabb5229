/**
 * `npm run hostile [-- --only wheels] [--cases 20000] [--seed 1]`: feeds hostile input to the program, prints a table, and
 * exits 1 on a finding. The seed is fixed, so that a run can be repeated. A new part is a script that calls
 * `reportResult`, and an entry in PARTS.
 */
import { parseArgs } from 'node:util';
import { type Part, runPart } from './part.ts';

const PARTS: Part[] = [
  {
    name: 'wheels',
    script: new URL('wheels.ts', import.meta.url),
    cases: 3000,
    limitSeconds: 300,
    // With a larger young generation, garbage of earlier wheels would hide what a single one needs.
    nodeOptions: ['--max-semi-space-size=4'],
  },
];
const SHOWN_FINDINGS = 10;

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: PARTS.map(({ name }) => name).join(',') },
    cases: { type: 'string' },
    seed: { type: 'string', default: '20261124' },
  },
});
const only = values.only.split(',');
const unknown = only.find((name) => !PARTS.some((part) => part.name === name));
if (unknown !== undefined) {
  throw new Error(`Unknown part "${unknown}": ${PARTS.map(({ name }) => name).join(', ')}`);
}

console.log(`Seed ${values.seed}\n`);
console.log('| part | cases | seconds | findings | outcome |');
console.log('| --- | --- | --- | --- | --- |');
const findings: string[] = [];
for (const part of PARTS.filter(({ name }) => only.includes(name))) {
  const cases = Number(values.cases ?? part.cases);
  const result = await runPart(part, cases, Number(values.seed));
  console.log(
    `| ${part.name} | ${cases} | ${result.seconds.toFixed(1)} | ${result.findings.length} | ${result.summary} |`,
  );
  findings.push(...result.findings.map((finding) => `${part.name}: ${finding}`));
}
for (const finding of findings.slice(0, SHOWN_FINDINGS)) {
  console.error(finding);
}
process.exitCode = findings.length > 0 ? 1 : 0;
