import * as z from 'zod/mini';
import { nearest } from '../text/near.ts';
import { excerpt } from '../text/printable.ts';
import { SITE_FORMAT, type SiteDocument } from './format.ts';
import type { ParsedDocument } from './parse.ts';
import type { Problem } from './problem.ts';

type Issue = z.core.$ZodIssue;

/**
 * Checks the types and the names in a document.
 * @param problems gets what is wrong
 */
export function validateDocument({ value, placeOf }: ParsedDocument, problems: Problem[]): SiteDocument | undefined {
  const result = z.safeParse(SITE_FORMAT, value);
  if (result.success) {
    return result.data;
  }
  for (const issue of merged(result.error.issues.map(simple))) {
    problems.push({ place: placeOf(issue.path), ...explained(issue, value) });
  }
  return undefined;
}

/** A number is one of two types, since one of them lacks the infinite ones. */
function simple(issue: Issue): Issue {
  const [first] = issue.code === 'invalid_union' ? (issue.errors[0] ?? []) : [];
  return first?.code === 'invalid_type' && first.expected === 'number' ? { ...first, path: issue.path } : issue;
}

interface NamedIssue {
  path: PropertyKey[];
  /** A name that is unknown, and the missing one that may be meant. */
  unknown?: { name: string; missing?: string };
  issue: Issue;
}

/** A typing error in the name of a field gives two issues, of which one is reported. */
function merged(issues: readonly Issue[]): NamedIssue[] {
  const unknown = issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((name) => ({ path: [...issue.path, name], unknown: { name }, issue }))
      : [],
  );
  const others = issues
    .filter((issue) => issue.code !== 'unrecognized_keys')
    .map((issue) => ({ path: [...issue.path], issue }));
  const used = new Set<NamedIssue>();
  const found = unknown.map((named): NamedIssue => {
    const siblings = others.filter(
      (other) =>
        isMissing(other.issue) && samePath(other.path.slice(0, -1), named.path.slice(0, -1)) && !used.has(other),
    );
    const near = nearest(named.unknown.name, siblings.map(lastOf));
    const meant = siblings.find((sibling) => lastOf(sibling) === near);
    if (!meant) {
      return named;
    }
    used.add(meant);
    return { ...named, unknown: { ...named.unknown, missing: String(meant.path.at(-1)) } };
  });
  return [...found, ...others.filter((other) => !used.has(other))];
}

function isMissing(issue: Issue): boolean {
  return issue.code === 'invalid_type' && issue.input === undefined;
}

function samePath(one: readonly PropertyKey[], other: readonly PropertyKey[]): boolean {
  return one.length === other.length && one.every((key, at) => key === other[at]);
}

function lastOf({ path }: NamedIssue): string {
  return String(path.at(-1));
}

function explained({ unknown, issue, path }: NamedIssue, root: unknown): { message: string; hint?: string } {
  if (unknown) {
    const allowed = fieldsAt(issue.path);
    const near = unknown.missing ?? nearest(unknown.name, allowed);
    return {
      message: `Unknown field "${unknown.name}".`,
      hint: near ? `Did you mean "${near}"?` : `Fields: ${allowed.join(', ')}.`,
    };
  }
  const given = valueAt(root, path);
  switch (issue.code) {
    case 'invalid_type':
      return given === undefined
        ? { message: `The field "${String(path.at(-1))}" is missing.` }
        : {
            message: `Expected ${EXPECTED[issue.expected] ?? issue.expected}, not ${described(given, path)}.`,
            ...quotes(issue.expected, given),
          };
    case 'invalid_value': {
      if (given === undefined) {
        return {
          message: `The field "${String(path.at(-1))}" is missing.`,
          hint: `Use one of ${issue.values.join(', ')}.`,
        };
      }
      const near = typeof given === 'string' ? nearest(given, issue.values.map(String)) : undefined;
      return {
        message: `${described(given, [])} is not one of ${issue.values.join(', ')}.`,
        ...(near !== undefined && { hint: `Did you mean "${near}"?` }),
      };
    }
    case 'invalid_union':
      return {
        message: `Expected a source, not ${described(given, path)}.`,
        hint: 'Write {env: NAME}, {file: PATH} or {command: COMMAND}.',
      };
    default:
      return { message: issue.message };
  }
}

const EXPECTED: Record<string, string> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping of fields',
  record: 'a mapping',
};

/** YAML programs of an older version read other words as true and false. */
function quotes(expected: string, given: unknown): { hint?: string } {
  if (expected === 'boolean' && typeof given === 'string' && /^(yes|no|on|off)$/i.test(given)) {
    return { hint: `Write ${/^(yes|on)$/i.test(given)}.` };
  }
  if (
    (expected === 'number' || expected === 'int') &&
    typeof given === 'string' &&
    given.trim() !== '' &&
    Number.isFinite(Number(given))
  ) {
    return { hint: 'Remove the quotes.' };
  }
  return expected === 'string' && (typeof given === 'number' || typeof given === 'boolean')
    ? { hint: 'Put it in quotes.' }
    : {};
}

/** Describes a value; where it may be a password or secret, without showing it. */
function described(value: unknown, [kind]: readonly PropertyKey[]): string {
  if (value === null) {
    return 'nothing';
  }
  if (Array.isArray(value)) {
    return 'a list';
  }
  if (typeof value === 'object') {
    return 'a mapping';
  }
  if (kind === 'users' || kind === 'webhooks') {
    return typeof value === 'string' ? 'a text' : `a ${typeof value}`;
  }
  return typeof value === 'string' ? excerpt(value) : String(value);
}

function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined),
    root,
  );
}

/** Returns the names of the fields that a mapping may have. */
function fieldsAt(path: readonly PropertyKey[]): string[] {
  let schema: unknown = SITE_FORMAT;
  for (const key of path) {
    const inner = unwrapped(schema);
    schema =
      inner instanceof z.ZodMiniObject
        ? inner.shape[String(key)]
        : inner instanceof z.ZodMiniRecord
          ? inner.def.valueType
          : undefined;
  }
  const object = unwrapped(schema);
  return object instanceof z.ZodMiniObject ? Object.keys(object.shape) : [];
}

function unwrapped(schema: unknown): unknown {
  return schema instanceof z.ZodMiniOptional ||
    schema instanceof z.ZodMiniDefault ||
    schema instanceof z.ZodMiniNullable
    ? unwrapped(schema.def.innerType)
    : schema;
}
