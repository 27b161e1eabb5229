import { Option } from 'commander';
import { expiryFilter, keepUnlessExpired } from '../../auth/tokens.ts';
import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { declareDelete } from '../standard/delete.ts';
import { declareList } from '../standard/list.ts';
import { declareShow } from '../standard/show.ts';
import { declareApiTokens } from './api.ts';
import { TOKENS } from './noun.ts';
import { declareTokensPrune } from './prune.ts';
import { declareRevoke } from './revoke.ts';
import { declareTokenUpdate } from './update.ts';

/** Declares the commands on revoked tokens. */
export function declareTokens(parent: Command, ctx: Context): void {
  declareRevoke(parent, ctx);
  declareList(parent, ctx, TOKENS, {
    declare: (command) => {
      command
        .addOption(new Option('--expired', 'only expired tokens').conflicts('valid'))
        .option('--valid', 'only JWTs that have not expired, which would be valid again if deleted');
    },
    where: async (context, { expired, valid }: { expired?: boolean; valid?: boolean }) =>
      expired || valid ? expiryFilter(expired ? 'expired' : 'valid', context.now()) : {},
  });
  declareShow(parent, ctx, TOKENS).description('show one token, without the token itself');
  declareTokenUpdate(parent, ctx);
  declareDelete(parent, ctx, TOKENS, async (em, token, { force }) => {
    if (!force) {
      await keepUnlessExpired(em, token);
    }
  }).option('--force', 'delete even a token that has not expired, which makes it valid again');
  declareTokensPrune(parent, ctx);
  declareApiTokens(parent, ctx);
}
