import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { generatePassword, passwordProblem } from '../../auth/password.ts';
import type { Context } from '../../cli/context.ts';
import { readAll } from '../../cli/streams.ts';
import { InvalidInputError, NotFoundError } from '../../errors.ts';

/** The ways to give a password; none of them shows it to other users of the machine. */
export interface PasswordOptions {
  passwordStdin?: boolean;
  passwordFile?: string;
  generatePassword?: boolean;
}

export function passwordOptions(command: Command): Command {
  return command
    .option('--password-stdin', 'read the password from standard input')
    .option('--password-file <file>', 'read the password from the first line of a file')
    .option('--generate-password', 'make one, and print it once');
}

/**
 * The new password: from an option, from WEBMACS_PASSWORD, or asked for twice.
 * @returns the password, and whether it was made here and has to be shown
 * @throws InvalidInputError naming the options, where there is no terminal
 */
export async function newPassword(
  ctx: Context,
  options: PasswordOptions,
): Promise<{ password: string; generated: boolean }> {
  const given = [options.passwordStdin, options.passwordFile !== undefined, options.generatePassword].filter(Boolean);
  if (given.length > 1) {
    throw new InvalidInputError('Give the password one way only.', {
      hint: '--password-stdin, --password-file or --generate-password.',
    });
  }
  if (options.generatePassword) {
    return { password: generatePassword(), generated: true };
  }
  if (options.passwordStdin) {
    return { password: firstLine(await readAll(ctx.streams.stdin)), generated: false };
  }
  if (options.passwordFile !== undefined) {
    return { password: firstLine(await readPasswordFile(options.passwordFile)), generated: false };
  }
  if (ctx.environment.WEBMACS_PASSWORD) {
    return { password: ctx.environment.WEBMACS_PASSWORD, generated: false };
  }
  if (!ctx.prompts.canAsk) {
    throw new InvalidInputError('Missing: the password.', {
      hint: 'Use --password-stdin, --password-file FILE or --generate-password; never the command line itself.',
    });
  }
  return { password: await ctx.prompts.newPassword((text) => passwordProblem(text) ?? true), generated: false };
}

function firstLine(text: string): string {
  return text.split(/\r?\n/, 1)[0] ?? '';
}

async function readPasswordFile(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new NotFoundError(`The password file ${file} cannot be read.`, { cause });
  }
}
