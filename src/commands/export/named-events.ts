import type { Context } from '../../cli/context.ts';
import { quoted } from '../../cli/text.ts';
import type { EventRow } from '../../domain/events.ts';
import { InvalidInputError, NotFoundError, WebmacsError } from '../../errors.ts';
import { readText } from '../../files/input.ts';
import { editDistance } from '../../text/edit-distance.ts';
import { globPattern, isGlob } from '../../text/glob.ts';
import { EVENTS } from '../events/noun.ts';
import { find } from '../standard/noun.ts';

const MAX_FILE_BYTES = 1_000_000;
/** How many similar names a hint has. */
const MAX_SIMILAR = 3;

/**
 * Finds the events that the values of `--event` mean, each once, in their order: events, patterns such as `Zone *`, whose events
 * are sorted by name, and `@FILE` with one of these on each line, or a comment (`#`). An event that has such a
 * name itself wins.
 * @throws NotFoundError for an unknown event or file, or a pattern that matches none; InvalidInputError for a file without a name
 */
export async function findEvents(ctx: Context, given: readonly string[]): Promise<EventRow[]> {
  const isPlain = given.every((text) => !isGlob(text) && !text.startsWith('@'));
  const all = isPlain ? [] : await (await ctx.em(EVENTS.entity)).find(EVENTS.entity, {}, { orderBy: { name: 'asc' } });
  const isEvent = (text: string) => all.some(({ name, publicId }) => name === text || publicId === text);
  const found = new Map<string, EventRow>();
  for (const text of given) {
    const isFile = text.startsWith('@') && !isEvent(text);
    for (const { name, place } of isFile ? await linesOf(ctx, text, isEvent) : [{ name: text, place: '' }]) {
      try {
        const events = isGlob(name) && !isEvent(name) ? matching(all, name) : [await find(ctx, EVENTS, name)];
        for (const event of events) {
          found.set(event.publicId, event);
        }
      } catch (error) {
        throw error instanceof WebmacsError ? Object.assign(error, { message: `${place}${error.message}` }) : error;
      }
    }
  }
  return [...found.values()];
}

/** Returns the names in `@FILE`, with where they are, for messages. */
async function linesOf(
  ctx: Context,
  given: string,
  isEvent: (text: string) => boolean,
): Promise<{ name: string; place: string }[]> {
  const text = await readText(given.slice(1), { maxBytes: MAX_FILE_BYTES, stdin: ctx.streams.stdin });
  const lines = text.split(/\r?\n/).map((line, at) => ({
    name: isEvent(line) ? line : line.trim(),
    place: `--event ${given}, line ${at + 1}: `,
  }));
  const names = lines.filter(({ name }) => name !== '' && (isEvent(name) || !name.startsWith('#')));
  if (names.length === 0) {
    throw new InvalidInputError(`--event ${given}: the file names no event.`, { hint: 'Write one name on each line.' });
  }
  return names;
}

function matching(all: readonly EventRow[], glob: string): EventRow[] {
  const pattern = globPattern(glob);
  const found = all.filter(({ name }) => pattern.test(name));
  if (found.length === 0) {
    const similar = similarNames(all, glob);
    throw new NotFoundError(`No event matches ${quoted(glob)}.`, {
      hint:
        similar.length > 0
          ? `Similar names: ${similar.map(quoted).join(', ')}.`
          : '"webmacs events list" shows all events.',
    });
  }
  return found;
}

/** Returns the names whose beginning is most like the pattern without its wildcards. */
function similarNames(all: readonly EventRow[], glob: string): string[] {
  const wanted = glob.replace(/[*?]/g, '').trim().toLowerCase();
  const distances = all.map(({ name }) => ({
    name,
    distance: editDistance(name.slice(0, wanted.length).toLowerCase(), wanted),
  }));
  return distances
    .filter(({ distance }) => distance <= Math.floor(wanted.length / 2))
    .sort((left, right) => left.distance - right.distance)
    .slice(0, MAX_SIMILAR)
    .map(({ name }) => name);
}
