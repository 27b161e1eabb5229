import type { Command } from 'commander';
import { revokeToken } from '../../auth/tokens.ts';
import type { Context } from '../../cli/context.ts';
import { examples } from '../../cli/examples.ts';
import { type CreateOptions, IF_NOT_EXISTS } from '../standard/create.ts';
import { rowOf } from '../standard/noun.ts';
import { givenSecret } from '../standard/secret.ts';
import { TOKENS } from './noun.ts';

export interface RevokeOptions extends CreateOptions {
  tokenStdin?: boolean;
  tokenFile?: string;
}

export function declareRevoke(parent: Command, ctx: Context): void {
  const command = parent
    .command('revoke')
    .description('make a token invalid from now on')
    .option('--token-stdin', 'read the token from standard input')
    .option('--token-file <file>', 'read the token from the first line of a file')
    .option(...IF_NOT_EXISTS)
    .action(async (options: RevokeOptions) => await revoke(ctx, options));
  examples(
    command,
    ['webmacs tokens revoke', 'asks for it'],
    ['webmacs tokens revoke --token-stdin --if-not-exists < token.txt', 'in a script'],
  );
}

/** Revokes a token and prints its row, not the token. */
export async function revoke(ctx: Context, options: RevokeOptions): Promise<void> {
  const token = await givenSecret(ctx, 'token', { stdin: options.tokenStdin, file: options.tokenFile });
  const { item, created } = await revokeToken(await ctx.em(), token.trim(), options.ifNotExists === true);
  const row = await rowOf(ctx, TOKENS, item);
  const message = created
    ? ctx.output.success(`Token ${row.fingerprint} revoked (${item.id}).`)
    : `Token ${row.fingerprint} is revoked already (${item.id}).`;
  await ctx.output.changed(message, row);
}
