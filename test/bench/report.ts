import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem, type } from 'node:os';
import pg from 'pg';
import type { Figure } from './measure.ts';

/** Returns where and when the figures were measured. */
export async function machine(url: string): Promise<Record<string, string>> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<{ server_version: string }>('show server_version');
  await client.end();
  return {
    date: new Date().toISOString().slice(0, 10),
    processor: `${availableParallelism()} x ${cpus()[0]?.model ?? 'unknown'}`,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    system: `${type()} ${release()}`,
    node: process.versions.node,
    postgresql: rows[0]?.server_version ?? '',
    version: JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version,
  };
}

/** Prints a table in Markdown. */
export function printFigures(figures: readonly Figure[]): void {
  console.log('| what | webmacs | peer | ratio: median (min, max) | target | peak memory |');
  console.log('| --- | --- | --- | --- | --- | --- |');
  for (const measured of figures) {
    console.log(line(measured));
  }
}

/** Returns one line of the table. */
export function line(measured: Figure): string {
  const { what, peer, ours, theirs, memory, skipped } = measured;
  if (skipped) {
    return `| ${what} | | ${peer} | skipped: ${skipped} | | |`;
  }
  const ratios = ours.map((seconds, run) => seconds / (theirs[run] ?? Number.NaN));
  const [low, middle, high] = [Math.min(...ratios), median(ratios), Math.max(...ratios)].map((ratio) =>
    ratio < 0.1 ? ratio.toFixed(3) : ratio.toFixed(2),
  );
  const size = memory ? `${(memory / 1e6).toFixed(0)} MB` : '';
  return `| ${what} | ${median(ours).toFixed(3)} s | ${peer}: ${median(theirs).toFixed(3)} s | ${middle} (${low}, ${high}) | ${verdict(measured)} | ${size} |`;
}

function verdict({ ours, theirs, target }: Figure): string {
  if (!target) {
    return '';
  }
  if ('ratio' in target) {
    const reached = median(ours.map((seconds, run) => seconds / (theirs[run] ?? Number.NaN)));
    return `${target.ratio.toFixed(2)}: ${reached <= target.ratio ? 'met' : 'missed'}`;
  }
  if ('under' in target) {
    return `${target.under.toFixed(2)} s: ${median(ours) <= target.under ? 'met' : 'missed'}`;
  }
  const over = median(ours.map((seconds, run) => seconds - (theirs[run] ?? Number.NaN)));
  return `+${target.over.toFixed(2)} s: ${over <= target.over ? 'met' : 'missed'} (${over < 0 ? '' : '+'}${over.toFixed(3)})`;
}

function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
