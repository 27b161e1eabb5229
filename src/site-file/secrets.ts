import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { hashPassword, passwordProblem } from '../auth/password.ts';
import { User, Webhook } from '../entities/index.ts';
import { InvalidInputError, NotFoundError } from '../errors.ts';
import { readText } from '../files/input.ts';
import { defined } from '../text/defined.ts';
import { secretOf } from '../text/secret.ts';
import { checkSecret } from '../webhooks/secret.ts';
import type { SecretFrom, Stored } from './model.ts';

const MAX_BYTES = 1_000_000;
/** A command that hangs must not hang a plan. */
const COMMAND_MILLISECONDS = 30_000;

const WHY: Record<string, string> = {
  ENOENT: 'was not found',
  ERR_CHILD_PROCESS_STDIO_MAXBUFFER: 'printed too much',
};

/** Reads passwords and secrets, each once; a changed row is not compared with them again. */
export class Secrets {
  readonly #environment: Readonly<Record<string, string | undefined>>;
  readonly #signal: AbortSignal | undefined;
  readonly #read = new Map<string, Promise<string | undefined>>();
  readonly #compared = new Map<string, Promise<boolean>>();
  readonly #hashed = new Map<string, Promise<string>>();

  /**
   * @param environment the variables that `env` names
   * @param signal ends a command
   */
  constructor(environment: Readonly<Record<string, string | undefined>>, signal?: AbortSignal) {
    this.#environment = environment;
    this.#signal = signal;
  }

  /**
   * Returns a secret; `undefined` if its variable is not set, or its file does not exist.
   * @throws InvalidInputError if it cannot be one, or its command fails
   */
  async read(from: SecretFrom): Promise<string | undefined> {
    const key = JSON.stringify(from);
    const known = this.#read.get(key) ?? this.#readFrom(from);
    this.#read.set(key, known);
    return await known;
  }

  async isSame(row: Stored, secret: string | null): Promise<boolean> {
    if (row instanceof Webhook) {
      return (row.secret ?? null) === secret;
    }
    if (!(row instanceof User) || secret === null) {
      return true;
    }
    const key = JSON.stringify([row.hashedPassword, secret]);
    const known = this.#compared.get(key) ?? isPassword(secret, row.hashedPassword);
    this.#compared.set(key, known);
    return await known;
  }

  /** Returns the hash of a password, the same one each time for one user. */
  async hashed(username: string, password: string): Promise<string> {
    const key = JSON.stringify([username, password]);
    const known = this.#hashed.get(key) ?? hashPassword(password);
    this.#hashed.set(key, known);
    return await known;
  }

  async #readFrom(from: SecretFrom): Promise<string | undefined> {
    if ('plain' in from) {
      return from.plain;
    }
    if ('env' in from) {
      const value = this.#environment[from.env];
      return value === undefined || value === '' ? undefined : secretOf(value, `The variable ${from.env}`);
    }
    if ('file' in from) {
      const text = await readText(from.file, { maxBytes: MAX_BYTES }).catch((error: unknown) => {
        if (error instanceof NotFoundError) {
          return undefined;
        }
        throw error;
      });
      return text === undefined ? undefined : secretOf(text, from.file);
    }
    return await this.#runCommand(from.command);
  }

  async #runCommand(command: string | readonly string[]): Promise<string> {
    const [program = '', ...words] = typeof command === 'string' ? ['/bin/sh', '-c', command] : command;
    // Its other words may be secret.
    const what = `The command "${typeof command === 'string' ? command.trim().split(/\s/, 1)[0] : program}"`;
    const options = { timeout: COMMAND_MILLISECONDS, maxBuffer: MAX_BYTES, ...defined({ signal: this.#signal }) };
    const { stdout } = await promisify(execFile)(program, words, options).catch((cause) => {
      this.#signal?.throwIfAborted();
      // Its message may contain what the command printed.
      const why = WHY[cause.code] ?? (cause.killed ? 'did not end in time' : 'failed');
      throw new InvalidInputError(`${what} ${why}.`, { hint: 'Run it by itself to see why.' });
    });
    return secretOf(stdout, what);
  }
}

/** A hash that is none does not fit any password. */
async function isPassword(password: string, hash: string): Promise<boolean> {
  const { compare } = await import('bcryptjs');
  return await compare(password, hash).catch(() => false);
}

/** @throws InvalidInputError for a secret that a row of this kind cannot have */
export function checkSecretFor(kind: string, secret: string): void {
  if (kind !== 'users') {
    checkSecret(secret);
    return;
  }
  const problem = passwordProblem(secret);
  if (problem) {
    throw new InvalidInputError(problem);
  }
}
