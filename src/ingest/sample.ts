/** The first part of a file: enough to see its form. */
const SAMPLE_CHARACTERS = 64 * 1024;
/** A sample has at least this many lines, unless they are longer than any table has them. */
const SAMPLE_LINES = 100;
const MAX_SAMPLE_CHARACTERS = 1024 * 1024 + 1;
/** Comments above the table, which an export may write for each event. */
const COMMENTS = /^(?:#.*\n)*/;
const MAX_COMMENT_CHARACTERS = 4 * 1024 * 1024;

export interface Sampled {
  /** Whole lines from the start of the text. */
  sample: string;
  /** Whether the sample is the whole text. */
  whole: boolean;
  /** The text from its start. */
  text: AsyncIterable<string>;
}

/**
 * Reads the first part of a text.
 * @param headerLine below which it has rows
 */
export async function takeSample(text: AsyncIterable<string>, headerLine = 1): Promise<Sampled> {
  const pieces = text[Symbol.asyncIterator]();
  let head = '';
  let whole = false;
  while (!whole && !isEnough(head, headerLine + SAMPLE_LINES)) {
    const next = await pieces.next();
    whole = next.done === true;
    head += next.done ? '' : next.value;
  }
  async function* again(): AsyncGenerator<string> {
    try {
      yield head;
      head = '';
      if (!whole) {
        yield* { [Symbol.asyncIterator]: () => pieces };
      }
    } finally {
      await pieces.return?.();
    }
  }
  const end = whole ? head.length : head.lastIndexOf('\n') + 1;
  return { sample: head.slice(0, end || head.length), whole, text: again() };
}

function isEnough(head: string, lines: number): boolean {
  const comments = COMMENTS.exec(head)?.[0].length ?? 0;
  const characters = head.length - comments;
  return (
    characters >= MAX_SAMPLE_CHARACTERS ||
    comments >= MAX_COMMENT_CHARACTERS ||
    (characters >= SAMPLE_CHARACTERS && head.slice(comments).split('\n').length > lines)
  );
}
