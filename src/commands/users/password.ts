import { generatePassword, passwordProblem } from '../../auth/password.ts';
import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { InvalidInputError } from '../../errors.ts';
import { secretFrom, secretFromEnvironment } from '../standard/secret.ts';

/** The ways to pass a password; none of them shows it to other users of the machine. */
export interface PasswordOptions {
  passwordStdin?: boolean;
  passwordFile?: string;
  generatePassword?: boolean;
}

export function passwordOptions(command: Command): Command {
  return command
    .option('--password-stdin', 'read the password from standard input')
    .option('--password-file <file>', 'read the password from the first line of a file')
    .option('--generate-password', 'generate a password, and print it once');
}

/**
 * Returns the new password: from an option, from WEBMACS_PASSWORD, or typed twice.
 * @returns the password, and whether it was generated and has to be shown
 * @throws InvalidInputError naming the options, if not running interactively
 */
export async function newPassword(
  ctx: Context,
  options: PasswordOptions,
): Promise<{ password: string; generated: boolean }> {
  const ways = [options.passwordStdin, options.passwordFile !== undefined, options.generatePassword].filter(Boolean);
  if (ways.length > 1) {
    throw new InvalidInputError('Pass the password in only one way.', {
      hint: 'Use --password-stdin, --password-file or --generate-password.',
    });
  }
  if (options.generatePassword) {
    return { password: generatePassword(), generated: true };
  }
  const given = await secretFrom(ctx, 'password', { stdin: options.passwordStdin, file: options.passwordFile });
  const password = given ?? secretFromEnvironment(ctx, 'WEBMACS_PASSWORD');
  if (password !== undefined) {
    return { password, generated: false };
  }
  if (!ctx.prompts.canAsk) {
    throw new InvalidInputError('Missing: the password.', {
      hint: 'Use --password-stdin, --password-file FILE or --generate-password; never pass it on the command line.',
    });
  }
  return { password: await ctx.prompts.newPassword((text) => passwordProblem(text) ?? true), generated: false };
}
