import { createRequire } from 'node:module';
import { Writable } from 'node:stream';
import { InvalidInputError } from '../errors.ts';
import type { Output } from './output.ts';

/** What we use of jq, compiled to WebAssembly. */
interface Jq {
  /** Runs a program on JSON text; returns its output, or undefined if there is none. */
  raw(json: string, program: string, options: readonly string[]): string | undefined;
}

/**
 * Calls `work` with an output that prints JSON, and prints what a jq program makes of that: strings as they are, as by
 * `jq --raw-output`. All of it is in memory.
 * @throws InvalidInputError for an error of the program
 */
export async function throughJq(
  program: string,
  output: Output,
  work: (output: Output) => Promise<void>,
): Promise<void> {
  const pieces: string[] = [];
  const stdout = new Writable({
    decodeStrings: false,
    write: (piece: string, _encoding, done) => {
      pieces.push(piece);
      done();
    },
  });
  await work(output.with({ stdout, stdoutIsTerminal: false }, 'json'));
  // Its export is a promise, which some loaders take for a module.
  const jq: Jq = await createRequire(import.meta.url)('jq-web');
  const { exitCode } = process;
  try {
    const result = jq.raw(pieces.join(''), program, [
      '--raw-output',
      ...(output.forPeople ? [] : ['--compact-output']),
      '--',
    ]);
    await output.text(result === undefined ? '' : `${result}\n`);
  } catch (error) {
    throw failureOf(error);
  } finally {
    // It sets that of the process to its own.
    process.exitCode = exitCode;
  }
}

/** Returns the first message of jq, after a line about its exit code; what is no error of jq stays as it is. */
function failureOf(error: unknown): unknown {
  if (!(error instanceof Error && 'exitCode' in error)) {
    return error;
  }
  const [, message = 'failed'] = error.message.split('\n');
  const reason = message.replace(/^jq: error(?: \(at [^)]*\))?: /, '').replace(/:?$/, '.');
  return new InvalidInputError(`--jq: ${reason}`, { cause: error });
}
