import type { Style } from '../../cli/style.ts';
import { grouped, printable, quoted } from '../../cli/text.ts';
import type { Consequences } from '../../database/cascade.ts';
import type { Change, Difference } from '../../site-file/change.ts';
import { countPlan, describePlan } from '../../site-file/plan-facts.ts';
import { countedRows } from '../standard/delete.ts';

/** A line of a plan: the row, and beside it what is to be done with it. */
interface Line {
  mark: string;
  name: string;
  about: readonly string[];
}

const MAX_NAME = 32;

/**
 * Shows a plan: the rows of each kind that are not as declared, with what is to be done, and counts at the end.
 * @param columns the width of the window
 */
export function planLines(changes: readonly Change[], style: Style, columns: number): string {
  const shown = changes.filter((change) => change.action !== 'keep' || change.differences.length > 0);
  const width = Math.min(MAX_NAME, Math.max(0, ...shown.map((change) => nameOf(change).length)));
  const lines = [...Map.groupBy(shown, ({ kind }) => kind.name)].flatMap(([kind, ofKind]) => [
    `  ${style.bold(kind)}`,
    ...ofKind.flatMap((change) => {
      const { mark, name, about } = lineOf(change, columns - width - 8);
      const [first = '', ...rest] = about;
      return [
        `    ${coloured(mark, style)} ${name.padEnd(width)}  ${first}`.trimEnd(),
        ...rest.map((line) => `${' '.repeat(width + 8)}${line}`),
      ];
    }),
  ]);
  return lines.join('\n');
}

/** Returns a plan with its counts at the end. */
export function planText(changes: readonly Change[], style: Style, columns: number): string {
  const lines = planLines(changes, style, columns);
  return `${lines === '' ? '' : `${lines}\n\n`}${planSummary(changes)}\n`;
}

/** Returns the counts of a plan as a sentence. */
export function planSummary(changes: readonly Change[]): string {
  const { create, change, rename, delete: gone, unchanged } = countPlan(changes);
  if (create + change + rename + gone === 0) {
    return 'No changes.';
  }
  const parts = [
    [create, 'to create'],
    [change, 'to change'],
    [rename, 'to rename'],
    [gone, `to delete${cascades(changes)}`],
  ] as const;
  const texts = parts.filter(([count]) => count > 0).map(([count, text]) => `${grouped(count)} ${text}`);
  return `Plan: ${[...texts, `${grouped(unchanged)} unchanged`].join(', ')}.`;
}

function nameOf(change: Change): string {
  const name = printable(change.name);
  return change.action === 'change' && change.renamedFrom !== undefined
    ? `${printable(change.renamedFrom)} -> ${name}`
    : name;
}

/** @param room the width for what is beside the name */
function lineOf(change: Change, room: number): Line {
  const name = nameOf(change);
  switch (change.action) {
    case 'create':
      return { mark: '+', name, about: fieldLines(change.fields, room) };
    case 'delete':
      return { mark: '-', name, about: [deletedText(change.consequences)] };
    case 'keep':
      return { mark: '!', name, about: ['differs, and is not changed', ...differencesText(change.differences)] };
    case 'change': {
      const isRenamed = change.renamedFrom !== undefined;
      const about = [...(isRenamed ? ['renamed'] : []), ...differencesText(change.differences)];
      return { mark: isRenamed ? '>' : '~', name, about };
    }
  }
}

function fieldLines(fields: object, room: number): string[] {
  const texts = Object.entries(fields)
    .filter(([, value]) => value !== null)
    .map(([field, value]) => `${field} ${shown(value)}`);
  const lines: string[] = [];
  for (const [at, text] of texts.entries()) {
    const piece = at < texts.length - 1 ? `${text},` : text;
    const line = `${lines.at(-1)} ${piece}`;
    if (lines.length > 0 && line.length <= room) {
      lines[lines.length - 1] = line;
    } else {
      lines.push(piece);
    }
  }
  return lines;
}

function differencesText(differences: readonly Difference[]): string[] {
  const width = Math.max(0, ...differences.map(({ field }) => field.length));
  return differences.map(({ field, before, after }) => {
    const values = after === undefined ? '(changed)' : `${shown(before)} -> ${shown(after)}`;
    return `${field.padEnd(width)}  ${values}`;
  });
}

function shown(value: unknown): string {
  if (value === null || value === undefined) {
    return 'none';
  }
  return typeof value === 'string'
    ? quoted(value)
    : printable(typeof value === 'number' ? String(value) : JSON.stringify(value));
}

function deletedText({ deleted, detached }: Consequences = { deleted: {}, detached: {} }): string {
  const texts = [...countedRows(deleted), ...countedRows(detached).map((text) => `${text} kept without it`)];
  return texts.length > 0 ? `deletes ${texts.join(', ')}` : 'deletes nothing else';
}

/** Sums up what is deleted along with rows. */
function cascades(changes: readonly Change[]): string {
  const sums: Record<string, number> = {};
  for (const { deletes = {} } of describePlan(changes)) {
    for (const [table, rows] of Object.entries(deletes)) {
      sums[table] = (sums[table] ?? 0) + rows;
    }
  }
  const texts = countedRows(sums);
  return texts.length > 0 ? ` (cascades to ${texts.join(' and ')})` : '';
}

function coloured(mark: string, style: Style): string {
  switch (mark) {
    case '+':
      return style.green(mark);
    case '-':
      return style.red(mark);
    default:
      return style.yellow(mark);
  }
}
