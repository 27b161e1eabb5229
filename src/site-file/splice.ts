import { type Document, isMap, isNode, isScalar, type Node, type Pair, parseDocument, type YAMLMap } from 'yaml';
import { WebmacsError } from '../errors.ts';
import { escaped, yamlText } from './dump.ts';
import type { Value } from './model.ts';

interface Edit {
  from: number;
  to: number;
  text: string;
}

type Path = readonly string[];

/** Changes values in the text of a YAML document, and leaves everything else as it is: comments, order, blanks, quotes. */
export class Splice {
  readonly #text: string;
  readonly #document: Document;
  readonly #lineEnd: string;
  readonly #isJson: boolean;
  #edits: Edit[] = [];
  /** By mapping, the keys that are removed, and the pairs that are added. */
  readonly #removed = new Map<YAMLMap, Set<string>>();
  readonly #added = new Map<YAMLMap, [key: string, value: Value][]>();
  /** The pairs that are added at the top. */
  readonly #top: [key: string, value: Value][] = [];

  constructor(text: string) {
    this.#text = text === '' || text.endsWith('\n') ? text : `${text}\n`;
    this.#document = parseDocument(this.#text, { merge: true });
    this.#lineEnd = text.includes('\r\n') ? '\r\n' : '\n';
    this.#isJson = isJson(text);
  }

  /** Sets the value at a path; what is missing on the way is added. */
  set(path: Path, value: Value): void {
    const [map, rest] = this.#nearestMap(path);
    const [key = '', ...below] = rest;
    const nested = below.reduceRight<Value>((inner, name) => ({ [name]: inner }), value);
    const pair = map && pairOf(map, key);
    if (map && pair) {
      // One that is gone, and another one of its name.
      this.#removed.get(map)?.delete(key);
      this.#replaceValue(pair, nested);
    } else if (map) {
      addTo(this.#added, map, [key, nested]);
    } else {
      this.#top.push([key, nested]);
    }
  }

  remove(path: Path): void {
    const [map, [key = '', ...below]] = this.#nearestMap(path);
    if (map && below.length === 0) {
      this.#removed.set(map, (this.#removed.get(map) ?? new Set()).add(key));
    }
  }

  toString(): string {
    const size = ({ range }: YAMLMap) => (range ? range[1] - range[0] : 0);
    const maps = [...new Set([...this.#removed.keys(), ...this.#added.keys()])];
    // A mapping in braces is written anew, with the changes within it.
    for (const map of maps.toSorted((one, other) => size(one) - size(other))) {
      this.#editMap(map, this.#removed.get(map) ?? new Set(), this.#added.get(map) ?? []);
    }
    const text = this.#edited(0, this.#text.length);
    return text + this.#top.map(([key, value]) => this.#lines(yamlText({ [key]: value }))).join('');
  }

  /** Returns the innermost mapping on the way to a path that is written there, and the rest of the path. */
  #nearestMap(path: Path): [YAMLMap | undefined, Path] {
    for (let length = path.length - 1; length >= 0; length--) {
      const node = length === 0 ? this.#document.contents : this.#document.getIn(path.slice(0, length), true);
      if (isMap(node)) {
        return [node as YAMLMap, path.slice(length)];
      }
    }
    return [undefined, path];
  }

  #replaceValue({ key, value }: Pair, toValue: Value): void {
    // An empty value has no length, and follows the colon.
    const [from, to] = isNode(value) && value.range ? value.range : [nodeRange(key)[1] + 1, nodeRange(key)[1] + 1];
    const before = this.#text[from - 1] === ':' ? ' ' : '';
    const after = this.#text.slice(from, to).endsWith('\n') ? '\n' : '';
    this.#edits.push({ from, to, text: `${before}${this.#inline(toValue)}${after}` });
  }

  /** @throws WebmacsError if a comment would be lost */
  #editMap(map: YAMLMap, removed: ReadonlySet<string>, added: readonly [string, Value][]): void {
    const [from = 0, to = 0] = map.range ?? [];
    const kept = map.items.filter((pair) => !removed.has(keyOf(pair)));
    const last = kept.at(-1);
    const pairs = added.map(([key, value]) => `${this.#inline(key)}: ${this.#inline(value)}`);
    if (!last) {
      this.#requireNoComment(from, to);
      const isBlock = this.#text.slice(from, to).endsWith('\n');
      this.#edits.push({ from, to, text: `{${pairs.join(', ')}}${isBlock ? this.#lineEnd : ''}` });
      return;
    }
    if (map.flow) {
      const [, end] = rangeOf(last);
      this.#edits.push({ from: end, to: end, text: pairs.map((pair) => `, ${pair}`).join('') });
      this.#cutWithinBraces(map.items, kept);
      return;
    }
    for (const pair of map.items.filter((each) => removed.has(keyOf(each)))) {
      const [start, , end] = [...rangeOf(pair), endOf(pair)];
      this.#edits.push({ from: this.#lineStart(start), to: this.#text[end - 1] === '\n' ? end : end + 1, text: '' });
    }
    const [first] = map.items;
    const start = first ? rangeOf(first)[0] : 0;
    const indent = ' '.repeat(start - this.#lineStart(start));
    const lines = added.flatMap(([key, value]) =>
      yamlText({ [key]: value })
        .trimEnd()
        .split('\n'),
    );
    if (lines.length > 0) {
      const text = lines.map((line) => `${line === '' ? '' : indent}${line}\n`).join('');
      this.#edits.push({ from: to, to, text: this.#lines(text) });
    }
  }

  /** Removes all pairs but some, each with one comma; comments between pairs stay. */
  #cutWithinBraces(items: readonly Pair[], kept: readonly Pair[]): void {
    const lastKept = items.findLastIndex((pair) => kept.includes(pair));
    for (const [at, pair] of items.entries()) {
      const [start, end] = rangeOf(pair);
      const [next] = rangeOf(items[at + 1] ?? pair);
      const [, before] = rangeOf(items[at - 1] ?? pair);
      if (at > lastKept) {
        const hasComment = this.#text.slice(before, start).includes('#');
        this.#edits.push({ from: hasComment ? start : before, to: end, text: '' });
      } else if (!kept.includes(pair)) {
        const gap = this.#text.slice(end, next);
        const comma = gap.includes('#') ? /^\s*,/.exec(gap)?.[0] : gap;
        this.#edits.push({ from: start, to: end + (comma?.length ?? 0), text: '' });
      }
    }
  }

  /** @throws WebmacsError */
  #requireNoComment(from: number, to: number): void {
    if (/(?:^|\s)#/.test(this.#text.slice(from, to))) {
      throw new WebmacsError('A comment would be lost with the rows around it.', {
        hint: 'Move the comment out of them, or edit the file by hand.',
      });
    }
  }

  #lines(text: string): string {
    return text.replaceAll('\n', this.#lineEnd);
  }

  /** Returns a value on one line. */
  #inline(value: Value): string {
    const text = this.#isJson ? JSON.stringify(escaped(value)) : yamlText(value, true).trimEnd();
    return text.includes('\n') ? JSON.stringify(escaped(value)) : text;
  }

  /** Returns a part of the text with the edits in it, which are then done. */
  #edited(from: number, to: number): string {
    const within = this.#edits.filter((edit) => edit.from >= from && edit.to <= to);
    this.#edits = this.#edits.filter((edit) => !within.includes(edit));
    // Of two at one place the later one belongs to the outer mapping, and comes after the other.
    return within
      .toReversed()
      .toSorted((one, other) => other.from - one.from || other.to - one.to)
      .reduce(
        (text, edit) => text.slice(0, edit.from - from) + edit.text + text.slice(edit.to - from),
        this.#text.slice(from, to),
      );
  }

  #lineStart(offset: number): number {
    return this.#text.lastIndexOf('\n', offset - 1) + 1;
  }
}

function addTo<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  map.set(key, [...(map.get(key) ?? []), value]);
}

function pairOf(map: YAMLMap, key: string): Pair | undefined {
  return map.items.find((pair) => keyOf(pair) === key);
}

function keyOf({ key }: Pair): string {
  return isScalar(key) ? String(key.value) : '';
}

function rangeOf({ key, value }: Pair): [from: number, to: number] {
  const [start] = nodeRange(key);
  return [start, isNode(value) && value.range ? value.range[1] : nodeRange(key)[1] + 1];
}

/** Where a pair ends, with the comment behind it. */
function endOf({ key, value }: Pair): number {
  return isNode(value) && value.range ? value.range[2] : nodeRange(key)[2] + 1;
}

function nodeRange(node: unknown): [number, number, number] {
  const range = isNode(node) ? (node as Node).range : undefined;
  return range ?? [0, 0, 0];
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
