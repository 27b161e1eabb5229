import {
  type ApiTokenRow,
  adminsWithoutTokenList,
  createApiToken,
  findApiToken,
  namesOfUsers,
} from '../../auth/api-tokens.ts';
import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { parseDuration } from '../../cli/duration.ts';
import { quoted } from '../../cli/text.ts';
import { parseTime, timeFromNow } from '../../cli/time.ts';
import { deleteByPublicId } from '../../database/repository.ts';
import { ApiToken } from '../../entities/index.ts';
import { isoTimestamp } from '../../entities/types.ts';
import { defined } from '../../text/defined.ts';
import { rowArgument } from '../standard/choices.ts';
import { confirmCreate } from '../standard/confirm-create.ts';
import { type CreateOptions, createOptions, printExisting } from '../standard/create.ts';
import { differencesOf } from '../standard/differences.ts';
import { declareList } from '../standard/list.ts';
import { find, type Noun, rowOf } from '../standard/noun.ts';
import { owner } from '../standard/owner.ts';
import { timezoneOption } from '../standard/time-range.ts';

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

/** Declares `api`: the API tokens of the WebMACS server, on a database that has them. */
export function declareApiTokens(parent: Command, ctx: Context): void {
  const api = parent
    .command('api')
    .description('API tokens for the WebMACS server (its newer layout only)')
    .examples(
      ['webmacs tokens api create "Lab notebook" --as alice --expires 90d'],
      ['webmacs tokens api list', 'with their owners and last use'],
    );
  declareCreateToken(api, ctx);
  declareList(api, ctx, API_TOKENS)
    .description('list API tokens; on a terminal, one page at a time')
    .hook('postAction', async () => await reportServerList(ctx));
  declareRevokeToken(api, ctx);
}

function declareCreateToken(parent: Command, ctx: Context): void {
  parent
    .command('create')
    .argument('<name>', 'purpose of the token, unique among the tokens of its owner')
    .description('create an API token; it is shown only once')
    .option('--expires <time>', 'expiry: in 90d, or on 2027-01-31; default never')
    .with((command) => createOptions(command, { updates: false }))
    .with(timezoneOption)
    .runs(ctx, createToken)
    .examples(
      ['webmacs tokens api create "Lab notebook" --as alice --expires 90d'],
      ['webmacs tokens api create bot --as bot --if-not-exists --json | jq -r .token', 'in a script'],
    );
}

/** Creates a token for the user of `--as`, and prints it. */
async function createToken(
  ctx: Context,
  name: string,
  { expires, ...options }: CreateOptions & { expires?: string },
): Promise<void> {
  const em = await ctx.em(ApiToken);
  const user = await owner(ctx);
  const existing = options.ifNotExists ? await findApiToken(em, user, name) : null;
  if (existing) {
    const title = `API token ${quoted(name)} of ${quoted(user.username)}`;
    const present = `${title} already exists (${existing.publicId}).`;
    // A time from now on is another one in each run.
    const expiresAt =
      expires === undefined || isDuration(expires) ? undefined : await parseTime(ctx, expires, '--expires');
    const asked = defined({ expiresAt: expiresAt === undefined ? undefined : isoTimestamp(expiresAt) });
    const differs = await differencesOf(ctx, API_TOKENS, existing, asked);
    return await printExisting(ctx, title, present, await rowOf(ctx, API_TOKENS, existing), differs, options);
  }
  const expiresAt = expires === undefined ? undefined : await expiryOf(ctx, expires);
  await confirmCreate(ctx, API_TOKENS, { name, expiresAt, owner: user.username });
  const { row, token } = await createApiToken(em, { name, user, expiresAt }, ctx.now());
  const message = ctx.output.success(
    `API token ${quoted(name)} of ${quoted(user.username)} created (${row.publicId}).`,
  );
  await ctx.output.changed(message, { ...(await rowOf(ctx, API_TOKENS, row)), created: true }, { token });
  await reportServerList(ctx);
}

/** Reports that the server cannot list the tokens, if so. */
async function reportServerList(ctx: Context): Promise<void> {
  const admins = await adminsWithoutTokenList(await ctx.em(ApiToken));
  if (admins > 0) {
    await ctx.output.say(
      `Note: the token page of the WebMACS server fails for ${admins === 1 ? 'an admin' : `${admins} admins`}, because others have API tokens; "webmacs tokens api list" shows all.`,
    );
  }
}

function isDuration(text: string): boolean {
  return /^(\d+(min|[smhdw])|P.*)$/i.test(text);
}

/** Parses a duration from now, or a point in time. */
async function expiryOf(ctx: Context, text: string): Promise<string> {
  return isDuration(text)
    ? timeFromNow(ctx, parseDuration(text, '--expires'), text, '--expires')
    : await parseTime(ctx, text, '--expires');
}

function declareRevokeToken(parent: Command, ctx: Context): void {
  parent
    .command('revoke')
    .addArgument(rowArgument(ctx, API_TOKENS))
    .description('revoke an API token permanently')
    .runs(ctx, revokeToken)
    .examples(
      ['webmacs tokens api revoke 1f0c8a2e', 'shows its owner, and asks for confirmation'],
      ['webmacs tokens api revoke 1f0c8a2e --yes'],
    );
}

async function revokeToken(ctx: Context, given: string): Promise<void> {
  const token = await find(ctx, API_TOKENS, given);
  const em = await ctx.em(ApiToken);
  const user = (await namesOfUsers(em, [token])).get(token.userId) ?? '';
  const title = `API token ${quoted(token.name)} of ${quoted(user)}`;
  if (!(await ctx.confirm(`Revoke ${title}?`, `Programs that use the ${title} lose access.`))) {
    return await ctx.output.done('Nothing was revoked.', { status: 'cancelled' });
  }
  const { status } = await deleteByPublicId(em, ApiToken, token.publicId, 'Token');
  const message = `${title} revoked.`;
  await ctx.output.done(ctx.output.success(message), { status, message });
}
