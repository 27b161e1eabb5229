import { expect } from 'vitest';
import { type Rule, WheelRefusal } from '../../src/plugins/wheel/refusal.ts';
import { inspectWheel } from '../../src/plugins/wheel/wheel.ts';
import { aWheel, type WheelParts } from './wheel.ts';
import type { ZipEntry } from './zip.ts';

export const INFO = 'demo_plugin-1.0.dist-info';
export const MODULE = 'demo_plugin/__init__.py';

/** The good wheel with one of its entries changed. */
export const changing =
  (name: string, change: (entry: ZipEntry) => Partial<ZipEntry>): WheelParts['entries'] =>
  (entries) =>
    entries.map((entry) => (entry.name === name ? { ...entry, ...change(entry) } : entry));
export const without =
  (name: string): WheelParts['entries'] =>
  (entries) =>
    entries.filter((entry) => entry.name !== name);
export const withFile = (name: string | Buffer, more: Partial<ZipEntry> = {}): WheelParts => ({
  entries: (entries) => [{ name, ...more }, ...entries],
});

export async function refusalOf(
  parts: WheelParts,
  cut: (bytes: Buffer) => Buffer = (bytes) => bytes,
): Promise<WheelRefusal> {
  const { file, bytes } = aWheel(parts);
  const outcome = await inspectWheel(cut(bytes), file).catch((error: unknown) => error);
  expect(outcome).toBeInstanceOf(WheelRefusal);
  return outcome as WheelRefusal;
}

/** What is wrong, the violated rule, the entry, and how to make such a wheel. */
export type Case = [what: string, rule: Rule, entry: string | undefined, parts: WheelParts];

/** Expects a wheel to be refused, naming file, entry and rule. */
export async function expectRefusal(rule: Rule, entry: string | undefined, parts: WheelParts): Promise<void> {
  const refusal = await refusalOf(parts);
  expect([refusal.rule, refusal.entry]).toEqual([rule, entry]);
  expect(refusal.message).toContain(refusal.file);
  expect(refusal.message).toContain(entry ?? '');
  expect(refusal.hint).toMatch(/^The rule: /);
}
