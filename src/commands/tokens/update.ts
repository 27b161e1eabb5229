import type { Command } from 'commander';
import { type TokenChange, updateToken } from '../../auth/tokens.ts';
import type { Context } from '../../cli/context.ts';
import { examples } from '../../cli/examples.ts';
import { parseTime } from '../../cli/time.ts';
import { changeOf, find, rowOf } from '../standard/noun.ts';
import { argumentHelp } from '../standard/show.ts';
import { TOKENS } from './noun.ts';

export interface UpdateTokenOptions {
  blacklistedOn?: string;
}

export function declareUpdate(parent: Command, ctx: Context): void {
  const command = parent
    .command('update')
    .argument('<token>', argumentHelp(TOKENS))
    .description('change when a token was revoked, from which the server counts how long it is kept')
    .option('--blacklisted-on <time>', 'ISO 8601, now, yesterday, -2h')
    .action(async (token: string, options: UpdateTokenOptions) => await redate(ctx, token, options));
  examples(command, ['webmacs tokens update 7 --blacklisted-on now']);
}

export async function redate(ctx: Context, given: string, { blacklistedOn }: UpdateTokenOptions): Promise<void> {
  const time = blacklistedOn === undefined ? undefined : parseTime(blacklistedOn, ctx.now(), '--blacklisted-on');
  const change = changeOf<TokenChange>({ blacklistedOn: time }, '--blacklisted-on');
  const token = await updateToken(await ctx.em(), await find(ctx, TOKENS, given), change);
  const row = await rowOf(ctx, TOKENS, token);
  await ctx.output.changed(ctx.output.success(`Token ${row.fingerprint} changed.`), row);
}
