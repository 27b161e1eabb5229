import { Option } from 'commander';
import { expiryFilter, keepUnlessExpired, updateToken } from '../../auth/tokens.ts';
import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { parseTime } from '../../cli/time.ts';
import { declareDelete } from '../standard/delete.ts';
import { declareList } from '../standard/list.ts';
import { declareShow } from '../standard/show.ts';
import { timezoneOption } from '../standard/time-range.ts';
import { declareUpdate } from '../standard/update.ts';
import { declareApiTokens } from './api.ts';
import { TOKENS } from './noun.ts';
import { declareTokensPrune } from './prune.ts';
import { declareRevoke } from './revoke.ts';

export function declareTokens(parent: Command, ctx: Context): void {
  declareRevoke(parent, ctx);
  declareList(parent, ctx, TOKENS, {
    declare: (command) =>
      command
        .addOption(new Option('--expired', 'only expired tokens').conflicts('valid'))
        .option('--valid', 'only JWTs that have not expired, which would be valid again if deleted'),
    examples: ['--expired', '--valid'],
    where: async (context, { expired, valid }: { expired?: boolean; valid?: boolean }) =>
      expired || valid ? expiryFilter(expired ? 'expired' : 'valid', context.now()) : {},
  });
  declareShow(parent, ctx, TOKENS).description('show one token, without the token itself');
  declareUpdate(parent, ctx, TOKENS, {
    description: 'change when a token was revoked, which determines how long the server keeps it',
    declareOptions: (command) =>
      command.option('--blacklisted-on <time>', 'ISO 8601, now, yesterday, -2h').with(timezoneOption),
    examples: [['webmacs tokens update 7 --blacklisted-on now']],
    values: async ({ blacklistedOn }: { blacklistedOn?: string }) => ({
      blacklistedOn: blacklistedOn === undefined ? undefined : await parseTime(ctx, blacklistedOn, '--blacklisted-on'),
    }),
    given: '--blacklisted-on',
    update: updateToken,
    title: ({ fingerprint }) => String(fingerprint),
  });
  declareDelete(parent, ctx, TOKENS, async (em, token, { force }) => {
    if (!force) {
      await keepUnlessExpired(em, token);
    }
  }).option('--force', 'delete even a token that has not expired, which makes it valid again');
  declareTokensPrune(parent, ctx);
  declareApiTokens(parent, ctx);
}
