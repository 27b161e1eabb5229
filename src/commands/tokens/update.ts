import { updateToken } from '../../auth/tokens.ts';
import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { parseTime } from '../../cli/time.ts';
import { declareUpdate } from '../standard/update.ts';
import { TOKENS } from './noun.ts';

export interface UpdateTokenOptions {
  blacklistedOn?: string;
}

export function declareTokenUpdate(parent: Command, ctx: Context): void {
  declareUpdate(parent, ctx, TOKENS, {
    description: 'change when a token was revoked, which determines how long the server keeps it',
    declareOptions: (command) => command.option('--blacklisted-on <time>', 'ISO 8601, now, yesterday, -2h'),
    examples: [['webmacs tokens update 7 --blacklisted-on now']],
    values: ({ blacklistedOn }: UpdateTokenOptions) => ({
      blacklistedOn: blacklistedOn === undefined ? undefined : parseTime(blacklistedOn, ctx.now(), '--blacklisted-on'),
    }),
    given: '--blacklisted-on',
    update: updateToken,
    title: ({ fingerprint }) => String(fingerprint),
  });
}
