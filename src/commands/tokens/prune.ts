import type { Command } from 'commander';
import { tokenLifeSeconds } from '../../auth/tokens.ts';
import type { Context } from '../../cli/context.ts';
import { examples } from '../../cli/examples.ts';
import { deadTokens } from '../../prune/plan.ts';
import { type PruneOptions, pruneOptions, runPrune } from '../standard/prune.ts';

export interface PruneTokensOptions extends PruneOptions {
  force?: boolean;
}

const OLDER_THAN = 'of what is no JWT: how long ago revoked; default ACCESS_TOKEN_EXPIRE_MINUTES, else 1440 minutes';

const RULE = `
A token can be valid no more when its own "exp" has come. A JWT without an "exp" that is a number never expires, and is
kept. Of other texts nobody knows: their age decides.`;

export function declareTokensPrune(parent: Command, ctx: Context): void {
  const command = parent
    .command('prune')
    .description('delete the tokens that can be valid no more, revoked or not')
    .option('--force', 'also those that have not expired but were revoked so long ago: they become valid again')
    .action(async (options: PruneTokensOptions) => await pruneTokens(ctx, options));
  command.addHelpText('after', RULE);
  examples(
    pruneOptions(command, OLDER_THAN),
    ['webmacs tokens prune', 'safe at any time'],
    ['webmacs tokens prune --dry-run --json'],
  );
}

/** Deletes expired tokens, which nobody misses: only with `--force` a person is asked. */
export async function pruneTokens(ctx: Context, options: PruneTokensOptions): Promise<void> {
  const force = options.force === true;
  await runPrune(
    ctx,
    {
      one: 'revoked token',
      many: 'revoked tokens',
      ...(force ? { consequence: 'and makes those of them valid again that have not expired' } : {}),
      plan: (cutoff) => deadTokens(cutoff, { force }),
    },
    options,
    tokenLifeSeconds(ctx.environment.ACCESS_TOKEN_EXPIRE_MINUTES),
  );
}
