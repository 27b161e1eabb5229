import type { Command } from 'commander';
import { type ApiTokenRow, createApiToken, findApiToken, namesOfUsers } from '../../auth/api-tokens.ts';
import type { Context } from '../../cli/context.ts';
import { examples } from '../../cli/examples.ts';
import { quoted } from '../../cli/text.ts';
import { parseDuration, parseTime } from '../../cli/time.ts';
import { deleteByPublicId } from '../../database/repository.ts';
import { ApiToken } from '../../entities/index.ts';
import { type CreateOptions, IF_NOT_EXISTS } from '../standard/create.ts';
import { declareList } from '../standard/list.ts';
import { find, type Noun, rowOf } from '../standard/noun.ts';
import { owner } from '../standard/owner.ts';
import { argumentHelp } from '../standard/show.ts';

export interface CreateTokenOptions extends CreateOptions {
  name: string;
  expires?: string;
}

const API_TOKENS: Noun<ApiTokenRow> = {
  entity: ApiToken,
  singular: 'token',
  key: 'name',
  columns: ['name', 'user', 'expires_at', 'last_used_at', 'created_at', 'public_id'],
  orderBy: { id: 'asc' },
  derived: {
    columns: ['user'],
    rows: async (em, tokens) => {
      const names = await namesOfUsers(em, tokens);
      return tokens.map(({ userId }) => ({ user: names.get(userId) ?? null }));
    },
  },
};

/** Declares `api`: the keys with which programs use the WebMACS server, on a database that has them. */
export function declareApiTokens(parent: Command, ctx: Context): void {
  const api = parent.command('api').description('keys of programs for the WebMACS server (its newer layout only)');
  declareCreateToken(api, ctx);
  declareList(api, ctx, API_TOKENS).description('list API tokens, a page at a time');
  declareRevokeToken(api, ctx);
  examples(
    api,
    ['webmacs tokens api create "Lab notebook" --as alice --expires 90d'],
    ['webmacs tokens api list', 'whose they are, and when they were used'],
  );
}

export function declareCreateToken(parent: Command, ctx: Context): void {
  const command = parent
    .command('create')
    .argument('<name>', 'what it is for; unique among the tokens of its user')
    .description('make a key for a program; it is shown this once')
    .option('--expires <time>', 'when it ends: in 90d, or on 2027-01-31; never where left out')
    .option(...IF_NOT_EXISTS)
    .action(async (name: string, options) => await createToken(ctx, { name, ...options }));
  examples(
    command,
    ['webmacs tokens api create "Lab notebook" --as alice --expires 90d'],
    ['webmacs tokens api create bot --as bot --if-not-exists --json | jq -r .token', 'in a script'],
  );
}

/** Makes a token of the user that `--as` names, and prints it. */
export async function createToken(ctx: Context, { name, expires, ifNotExists }: CreateTokenOptions): Promise<void> {
  const em = await ctx.em(ApiToken);
  const user = await owner(ctx);
  const existing = ifNotExists ? await findApiToken(em, user, name) : null;
  if (existing) {
    const message = `API token ${quoted(name)} of ${quoted(user.username)} exists already (${existing.publicId}).`;
    return await ctx.output.changed(message, await rowOf(ctx, API_TOKENS, existing));
  }
  const now = ctx.now();
  const expiresAt = expires === undefined ? {} : { expiresAt: momentOf(expires, now) };
  const { row, token } = await createApiToken(em, { name, user, ...expiresAt }, now);
  const message = ctx.output.success(
    `API token ${quoted(name)} of ${quoted(user.username)} created (${row.publicId}).`,
  );
  await ctx.output.changed(message, await rowOf(ctx, API_TOKENS, row), { token });
}

/** A length of time from now, or a moment. */
function momentOf(text: string, now: Date): string {
  return /^(\d+[smhdw]|P.*)$/i.test(text)
    ? new Date(now.getTime() + parseDuration(text, '--expires') * 1000).toISOString()
    : parseTime(text, now, '--expires');
}

export function declareRevokeToken(parent: Command, ctx: Context): void {
  const command = parent
    .command('revoke')
    .argument('<token>', argumentHelp(API_TOKENS))
    .description('take a key away from its program, for good')
    .action(async (token: string) => await revokeToken(ctx, token));
  examples(
    command,
    ['webmacs tokens api revoke 1f0c8a2e', 'says whose it is, and asks'],
    ['webmacs tokens api revoke 1f0c8a2e --yes'],
  );
}

export async function revokeToken(ctx: Context, given: string): Promise<void> {
  const token = await find(ctx, API_TOKENS, given);
  const em = await ctx.em(ApiToken);
  const user = (await namesOfUsers(em, [token])).get(token.userId) ?? '';
  const title = `API token ${quoted(token.name)} of ${quoted(user)}`;
  if (!ctx.yes && !(await ctx.prompts.confirm(`Revoke ${title}?`, `Programs that use the ${title} are locked out.`))) {
    return await ctx.output.done('Nothing was revoked.', { status: 'cancelled' });
  }
  const { status } = await deleteByPublicId(em, ApiToken, token.publicId, 'Token');
  const message = `${title} revoked.`;
  await ctx.output.done(ctx.output.success(message), { status, message });
}
