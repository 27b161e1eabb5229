import type { Context } from '../../cli/context.ts';
import { quoted } from '../../cli/text.ts';
import { containsPassword } from '../../database/connection-url.ts';
import { InvalidInputError } from '../../errors.ts';
import { readText } from '../../files/input.ts';

const MAX_VALUE_BYTES = 64 * 1024;

/**
 * Returns the value that was given as an argument, asked for, or read from standard input.
 * @param ask the text of the prompt
 * @param command how to pass it on standard input
 * @throws InvalidInputError for an argument that is a URL with a password
 */
export async function givenValue(
  ctx: Context,
  given: string | undefined,
  ask: string,
  command: string,
): Promise<string> {
  if (given === undefined) {
    return ctx.prompts.canAsk
      ? (await ctx.prompts.missing({}, { value: { option: '<value>', ask } })).value
      : (await readText('-', { maxBytes: MAX_VALUE_BYTES, stdin: ctx.streams.stdin })).trim();
  }
  if (containsPassword(given)) {
    throw new InvalidInputError(
      'A URL with a password must not be passed on the command line, where other users can see it.',
      { hint: `Omit it and pass it on standard input: ${command} < url.txt` },
    );
  }
  return given;
}

/** Notes what prevails over the database that was just written to the file. */
export async function noteOverride(ctx: Context, isUrl: boolean): Promise<void> {
  const { override } = ctx.configuration;
  const connection = isUrl ? ctx.configuration.get('connection')?.value : undefined;
  const used = connection === undefined ? undefined : `the connection ${quoted(connection)}`;
  const origin = override ?? used;
  if (origin !== undefined) {
    await ctx.output.note(`The database is still that of ${origin}.`);
  }
}
