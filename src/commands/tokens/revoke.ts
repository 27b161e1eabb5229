import { revokeToken } from '../../auth/tokens.ts';
import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { InvalidInputError } from '../../errors.ts';
import { rowOf } from '../standard/noun.ts';
import { secretFrom } from '../standard/secret.ts';
import { TOKENS } from './noun.ts';

interface RevokeOptions {
  ifNotExists?: boolean;
  tokenStdin?: boolean;
  tokenFile?: string;
}

export function declareRevoke(parent: Command, ctx: Context): void {
  parent
    .command('revoke')
    .description('revoke a token, which makes it invalid immediately')
    .option('--token-stdin', 'read the token from standard input')
    .option('--token-file <file>', 'read the token from the first line of a file')
    .option('--if-not-exists', 'accept a token that is already revoked, and exit 0')
    .runs(ctx, revoke)
    .examples(
      ['webmacs tokens revoke', 'asks for the token'],
      ['webmacs tokens revoke --token-stdin --if-not-exists < token.txt', 'in a script'],
    );
}

/** Revokes a token and prints its row, not the token. */
async function revoke(ctx: Context, options: RevokeOptions): Promise<void> {
  const given = await secretFrom(ctx, 'token', { stdin: options.tokenStdin, file: options.tokenFile });
  if (given === undefined && !ctx.prompts.canAsk) {
    throw new InvalidInputError('Missing: the token.', {
      hint: 'Use --token-stdin or --token-file FILE; never pass it on the command line.',
    });
  }
  const token = given ?? (await ctx.prompts.secret('Token'));
  const { item, created } = await revokeToken(await ctx.em(TOKENS.entity), token.trim(), options.ifNotExists === true);
  const row = await rowOf(ctx, TOKENS, item);
  const message = created
    ? ctx.output.success(`Token ${row.fingerprint} revoked (${item.id}).`)
    : `Token ${row.fingerprint} is already revoked (${item.id}).`;
  await ctx.output.changed(message, { ...row, created });
}
