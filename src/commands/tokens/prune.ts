import { tokenLifeSeconds } from '../../auth/tokens.ts';
import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { deadTokens } from '../../prune/plan.ts';
import { type PruneOptions, pruneOptions, runPrune } from '../standard/prune.ts';

const OLDER_THAN =
  'minimum time since revocation of a token that is not a JWT; default ACCESS_TOKEN_EXPIRE_MINUTES, else 1440 minutes';

const RULE = `
A JWT has expired when its own "exp" has passed. A JWT without a numeric "exp" never expires, and is kept. The expiry of
other tokens is unknown: they are deleted by their age.`;

export function declareTokensPrune(parent: Command, ctx: Context): void {
  parent
    .command('prune')
    .description('delete expired tokens, which are invalid whether revoked or not')
    .option('--force', 'also delete tokens older than that which have not expired: they become valid again')
    .runs(ctx, pruneTokens)
    .note(RULE)
    .with(pruneOptions(OLDER_THAN))
    .examples(['webmacs tokens prune', 'safe to run at any time'], ['webmacs tokens prune --dry-run --json']);
}

/** Deletes expired tokens; asks for confirmation only with `--force`. */
async function pruneTokens(ctx: Context, options: PruneOptions & { force?: boolean }): Promise<void> {
  const force = options.force === true;
  await runPrune(
    ctx,
    {
      one: 'revoked token',
      many: 'revoked tokens',
      which: (before) => `expired, or ${force ? '' : 'not JWTs and '}revoked before ${before}`,
      ...(force ? { consequence: 'and those that have not expired become valid again' } : {}),
      plan: (cutoff) => deadTokens(cutoff, { force }),
    },
    options,
    tokenLifeSeconds(ctx.environment.ACCESS_TOKEN_EXPIRE_MINUTES),
  );
}
