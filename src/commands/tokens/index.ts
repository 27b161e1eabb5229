import { type Command, Option } from 'commander';
import { expiryFilter, keepUnlessExpired } from '../../auth/tokens.ts';
import type { Context } from '../../cli/context.ts';
import { examples } from '../../cli/examples.ts';
import { declareDelete } from '../standard/delete.ts';
import { declareList } from '../standard/list.ts';
import { find } from '../standard/noun.ts';
import { argumentHelp } from '../standard/show.ts';
import { declareApiTokens } from './api.ts';
import { FACTS, factsOf, TOKENS, tokenRow } from './noun.ts';
import { declareTokensPrune } from './prune.ts';
import { declareRevoke } from './revoke.ts';
import { declareUpdate } from './update.ts';

/** Declares the commands on revoked tokens. */
export function declareTokens(parent: Command, ctx: Context): void {
  declareRevoke(parent, ctx);
  declareList(parent, ctx, TOKENS, {
    declare: (command) => {
      command
        .addOption(new Option('--expired', 'only those that have expired').conflicts('valid'))
        .option('--valid', 'only JWTs that have not, and would be valid again');
    },
    where: async (context, { expired, valid }: { expired?: boolean; valid?: boolean }) =>
      expired || valid ? expiryFilter(expired ? 'expired' : 'valid', context.now()) : {},
    extend: { columns: FACTS, rows: factsOf },
  });
  const show = parent
    .command('show')
    .argument('<token>', argumentHelp(TOKENS))
    .description('show what can be told of one token')
    .action(async (given: string) => await ctx.output.one(await tokenRow(ctx, await find(ctx, TOKENS, given))));
  examples(show, ['webmacs tokens show 7'], ['webmacs tokens show 7 --json']);
  declareUpdate(parent, ctx);
  declareDelete(parent, ctx, TOKENS, async (em, token, { force }) => {
    if (!force) {
      await keepUnlessExpired(em, token);
    }
  }).option('--force', 'delete even one that has not expired, which makes it valid again');
  declareTokensPrune(parent, ctx);
  declareApiTokens(parent, ctx);
}
