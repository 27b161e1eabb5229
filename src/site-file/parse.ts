import {
  type Document,
  isMap,
  isNode,
  isPair,
  isScalar,
  LineCounter,
  type Node,
  type Pair,
  parseAllDocuments,
  type Scalar,
  visit,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import { readPlainYaml } from './plain-yaml.ts';
import type { Place, Problem } from './problem.ts';
import type { Source } from './sources.ts';
import { replaceVariables } from './variables.ts';

/** A document of a file: its value, and where the parts of it are. */
export interface ParsedDocument {
  value: unknown;
  /** Returns where a part is, or the nearest one around it that is written there. */
  placeOf(path: readonly PropertyKey[]): Place;
}

/** So many times the nodes of a file may be repeated by aliases: a few hundred widgets may share one. */
const MAX_ALIASES = 10_000;

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * Parses YAML, of which JSON is a part, and replaces variables. What YAML programs disagree about, or lose digits of, is refused.
 * @param values the variables
 * @param problems gets what is wrong
 */
export function parseSource(source: Source, values: Variables, problems: Problem[]): ParsedDocument[] {
  const value = readPlainYaml(source.text);
  if (value === undefined) {
    return parseDocuments(source, values, problems);
  }
  let document: ParsedDocument | undefined;
  const placeOf = (path: readonly PropertyKey[]): Place => {
    document ??= parseDocuments(source, values, problems)[0];
    return document?.placeOf(path) ?? { file: source.name, line: 1, column: 1, path: '' };
  };
  return [{ value, placeOf }];
}

function parseDocuments({ name, text }: Source, values: Variables, problems: Problem[]): ParsedDocument[] {
  const lines = new LineCounter();
  // Keys are compared below: here, each would be compared with all others.
  const documents = parseAllDocuments(text, {
    lineCounter: lines,
    merge: true,
    uniqueKeys: false,
    prettyErrors: false,
  });
  const placeAt = (offset: number, path = ''): Place => {
    const { line, col } = lines.linePos(offset);
    return { file: name, line: Math.max(1, line), column: Math.max(1, col), path };
  };
  if (!Array.isArray(documents)) {
    return [];
  }
  return documents.flatMap((document) => {
    const before = problems.length;
    const errors = [...document.errors, ...document.warnings];
    const tooDeep = errors.find(({ code }) => code === 'RESOURCE_EXHAUSTION');
    for (const { code, message, pos } of tooDeep ? [tooDeep] : errors) {
      const text = tooDeep ? 'It is nested too deeply.' : sentence(message);
      problems.push({ place: placeAt(pos[0]), message: text, hint: hintFor(code, message) });
    }
    if (/^%YAML/m.test(text) && document.directives?.yaml.explicit) {
      problems.push({
        place: placeAt(0),
        message: `YAML ${document.directives.yaml.version} is declared, but this is read as YAML 1.2.`,
        hint: 'Remove the line %YAML.',
      });
    }
    checkNodes(document, values, (node, message, hint) => {
      problems.push({ place: placeAt(node.range?.[0] ?? 0), message, hint });
    });
    const value =
      problems.length > before
        ? undefined
        : javaScriptOf(document, (message) => problems.push({ place: placeAt(0), message }));
    return value === undefined || value === null
      ? []
      : [{ value, placeOf: (path) => placeAt(nearest(document, path)?.range?.[0] ?? 0, pathText(path)) }];
  });
}

function hintFor(code: string, message: string): string | undefined {
  return message.startsWith('Unexpected flow-map-start')
    ? `Within braces, put \${NAME} in quotes; for a number, write the fields on lines of their own instead.`
    : HINTS[code];
}

const HINTS: Record<string, string> = {
  BAD_SCALAR_START: 'Put the text in quotes.',
  TAG_RESOLVE_FAILED: 'Remove the tag, or put the text in quotes.',
  TAB_AS_INDENT: 'Indent with blanks.',
};

/** Returns a message without what it quotes, which may be a part of a password. */
function sentence(message: string): string {
  return `${message.replace(/: .*$/s, '').replace(/\.$/, '')}.`;
}

function javaScriptOf(document: Document, report: (message: string) => void): unknown {
  try {
    return document.toJS({ maxAliasCount: MAX_ALIASES });
  } catch (error) {
    report(sentence(error instanceof Error ? error.message : String(error)));
    return undefined;
  }
}

type Report = (node: Node, message: string, hint?: string) => void;

/** Checks and replaces the scalars of a document. */
function checkNodes(document: Document, values: Variables, report: Report): void {
  /** What is written as a password or secret is not shown. */
  const reportIn = (path: readonly unknown[]): Report =>
    path.some((node) => isPair(node) && isScalar(node.key) && /password|secret/i.test(String(node.key.value)))
      ? (node) => report(node, 'This is not read as it is written.', 'Put it in quotes.')
      : report;
  visit(document, {
    Collection(_key, collection) {
      checkTag(collection, report);
      if (isMap(collection)) {
        checkKeys(collection.items as Pair[], report);
      }
    },
    Alias(_key, alias, path) {
      if (alias.resolve(document) === undefined) {
        reportIn(path)(alias, `The alias *${alias.source} has no anchor.`, 'For a text, put it in quotes.');
      }
    },
    Scalar(_key, scalar, path) {
      checkTag(scalar, report);
      checkScalar(scalar, reportIn(path));
      if (typeof scalar.value === 'string' && scalar.value.includes('${')) {
        const replaced = replaceVariables(scalar.value, values);
        if ('problem' in replaced) {
          reportIn(path)(scalar, replaced.problem, replaced.hint);
        } else {
          scalar.value = scalar.type === 'PLAIN' ? plainValue(replaced.text) : replaced.text;
        }
      }
    },
  });
}

/** Refuses what YAML has, and JSON has not: sets, binary data, times. */
function checkTag(node: Scalar | YAMLMap | YAMLSeq, report: Report): void {
  const { tag = '' } = node;
  if (OTHER_TAGS.test(tag)) {
    report(node, `The tag ${tag.replace('tag:yaml.org,2002:', '!!')} cannot be used.`, 'Remove it.');
  }
}

const OTHER_TAGS = /:(?:set|omap|pairs|binary|timestamp)$/;

/** Refuses keys that are not texts, or occur twice, also as `1` and `"1"`, which become the same key. */
function checkKeys(items: readonly Pair[], report: Report): void {
  const seen = new Set<string>();
  for (const { key } of items) {
    const value = isScalar(key) ? key.value : undefined;
    const text = String(value);
    if (typeof value === 'symbol') {
      // A merge.
      continue;
    }
    if (isScalar(key) && typeof value === 'number' && text !== key.source) {
      report(key, `The key ${key.source} would be read as ${text}.`, 'Put it in quotes.');
    } else if (isNode(key) && typeof value !== 'string' && typeof value !== 'number') {
      report(key, 'A key must be a text.', 'Put it in quotes.');
    } else if (isNode(key) && text === '__proto__') {
      report(key, 'The key __proto__ cannot be used.', 'Choose another name.');
    } else if (isNode(key) && seen.has(text)) {
      report(key, `The key ${text} occurs twice.`, 'Remove one of them.');
    }
    seen.add(text);
  }
}

function checkScalar(scalar: Scalar, report: Report): void {
  const { source = '', type, value } = scalar;
  if (type !== 'PLAIN' || typeof value !== 'number') {
    return;
  }
  if (/^[-+]?0\d/.test(source)) {
    report(
      scalar,
      `${source} is 12 in one version of YAML and 10 in another, as 012 is.`,
      `Write ${value}, or "${source}" for a text.`,
    );
  } else if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
    report(scalar, `${source} has more digits than a number keeps.`, `For a text, write "${source}".`);
  }
}

/** Returns the value of a text that is not quoted, as YAML has it. */
function plainValue(text: string): unknown {
  if (/^[-+]?(0|[1-9]\d*)(\.\d*)?([eE][-+]?\d+)?$/.test(text)) {
    return Number(text);
  }
  return PLAIN_WORDS.has(text) ? PLAIN_WORDS.get(text) : text;
}

const PLAIN_WORDS = new Map<string, unknown>([
  ['true', true],
  ['false', false],
  ['null', null],
  ['', null],
]);

/** Returns the node of a part, or of the nearest one around it that is written in the document itself. */
function nearest(document: Document, path: readonly PropertyKey[]): Node | undefined {
  for (let length = path.length; length > 0; length--) {
    const key = path.slice(0, length);
    const parent = document.getIn(key.slice(0, -1), true);
    const pair = isMap(parent)
      ? parent.items.find((item) => isScalar(item.key) && item.key.value === key.at(-1))
      : undefined;
    const node = length === path.length && pair && isNode(pair.key) ? pair.key : document.getIn(key, true);
    if (isNode(node)) {
      return node;
    }
  }
  return isNode(document.contents) ? document.contents : undefined;
}

/** Returns a path such as `events[3].max_value`. */
function pathText(path: readonly PropertyKey[]): string {
  return path.map((key, at) => (typeof key === 'number' ? `[${key}]` : `${at > 0 ? '.' : ''}${String(key)}`)).join('');
}
