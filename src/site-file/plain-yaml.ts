const WORD = /[a-z°-ɏ](?:[\w°-ɏ/()%+.@-]| +[\w°-ɏ/()%+.]|:[\w/])*/iy;
const QUOTED = /'[^'\n\r]*'(?!')|"[^"\\\n\r]*"/y;
const NUMBER = /-?(?:0|[1-9]\d{0,14})(?:\.\d{1,15})?/y;
const BLANKS = / */y;
/** The rest of a line without anything but a comment, and a whole line. */
const REST = /(?: +#.*| *)(?:\n|$)/y;
const COMMENT = / *(?:#.*)?(?:\n|$)/y;

const CONSTANTS = new Map<string, unknown>([
  ['true', true],
  ['false', false],
  ['null', null],
]);

const MAX_DEPTH = 20;
/** YAML has a maximum, too. */
const MAX_KEY = 1000;
/** A merge, and what the program refuses. */
const OTHER_KEYS = new Set(['<<', '__proto__']);

type Mapping = Record<string, unknown>;

/**
 * Reads the plain part of YAML, in which most of a site is written, in a tenth of the time of `yaml`: mappings by indentation or
 * in braces, lists in brackets, words, numbers, simple quotes, and comments.
 * @returns the value that `yaml` returns; `undefined` for everything else, also if anything is wrong
 */
export function readPlainYaml(text: string): Mapping | undefined {
  try {
    return new Reader(text).document();
  } catch (error) {
    if (error instanceof NotPlainError) {
      return undefined;
    }
    throw error;
  }
}

class NotPlainError extends Error {}

function require(isPlain: boolean): void {
  if (!isPlain) {
    throw new NotPlainError();
  }
}

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): Mapping {
    const value = this.#block(this.#indent(), 0);
    require(this.#at === this.#text.length);
    return value;
  }

  /** Reads a mapping with this indentation. */
  #block(indent: number, depth: number): Mapping {
    require(indent >= 0 && depth < MAX_DEPTH);
    const map: Mapping = {};
    let next = indent;
    while (next === indent) {
      this.#at += indent;
      const key = this.#key(map);
      if (this.#match(REST) !== undefined) {
        next = this.#indent();
        map[key] = next > indent ? this.#block(next, depth + 1) : null;
      } else {
        map[key] = this.#valueBehindColon(depth);
        require(this.#match(REST) !== undefined);
      }
      next = this.#indent();
    }
    require(next < indent);
    return map;
  }

  /** Goes to the next line with a key, and returns its indentation; -1 at the end. */
  #indent(): number {
    while (!this.#isAtEnd && this.#match(COMMENT) !== undefined) {
      // Each line has at least its end.
    }
    const indent = this.#match(BLANKS)?.length ?? 0;
    this.#at -= indent;
    return this.#isAtEnd ? -1 : indent;
  }

  get #isAtEnd(): boolean {
    return this.#at === this.#text.length;
  }

  #key(map: Mapping): string {
    const key = this.#scalar();
    if (typeof key !== 'string' || key.length > MAX_KEY || OTHER_KEYS.has(key) || Object.hasOwn(map, key)) {
      throw new NotPlainError();
    }
    require(this.#isNext(':'));
    return key;
  }

  #valueBehindColon(depth: number): unknown {
    require(this.#match(BLANKS) !== '');
    return this.#value(depth);
  }

  #value(depth: number): unknown {
    require(depth < MAX_DEPTH);
    if (this.#isNext('{')) {
      const map: Mapping = {};
      this.#items('}', () => {
        map[this.#key(map)] = this.#valueBehindColon(depth + 1);
      });
      return map;
    }
    if (this.#isNext('[')) {
      const list: unknown[] = [];
      this.#items(']', () => list.push(this.#value(depth + 1)));
      return list;
    }
    return this.#scalar();
  }

  /** Reads what is separated by commas, up to the closing bracket. */
  #items(close: string, readItem: () => void): void {
    this.#match(BLANKS);
    if (this.#isNext(close)) {
      return;
    }
    do {
      this.#match(BLANKS);
      readItem();
      this.#match(BLANKS);
    } while (this.#isNext(','));
    require(this.#isNext(close));
  }

  #scalar(): unknown {
    const word = this.#match(WORD);
    if (word !== undefined) {
      const lower = word.toLowerCase();
      require(word === lower || !CONSTANTS.has(lower));
      return CONSTANTS.has(word) ? CONSTANTS.get(word) : word;
    }
    const number = this.#match(NUMBER);
    if (number !== undefined) {
      return Number(number);
    }
    const quoted = this.#match(QUOTED) ?? '${';
    require(!quoted.includes('${'));
    return quoted.slice(1, -1);
  }

  #isNext(character: string): boolean {
    const isNext = this.#text[this.#at] === character;
    this.#at += isNext ? 1 : 0;
    return isNext;
  }

  #match(pattern: RegExp): string | undefined {
    const start = this.#at;
    pattern.lastIndex = start;
    if (!pattern.test(this.#text)) {
      return undefined;
    }
    this.#at = pattern.lastIndex;
    return this.#text.slice(start, this.#at);
  }
}
