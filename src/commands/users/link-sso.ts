import { type Identity, linkSso, unlinkSso } from '../../auth/sso.ts';
import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { quoted } from '../../cli/text.ts';
import { rowArgument } from '../standard/choices.ts';
import { find, rowOf } from '../standard/noun.ts';
import { USERS, warnOfAddress } from './noun.ts';

/** Declares `link-sso` and `unlink-sso`: the server links no admin itself. */
export function declareLinkSso(parent: Command, ctx: Context): void {
  parent
    .command('link-sso')
    .addArgument(rowArgument(ctx, USERS))
    .description('let a user log in through single sign-on; the server itself refuses to link an admin')
    .requiredOption('--provider <name>', "provider, as in the server's configuration")
    .requiredOption('--subject <id>', 'id of the user at the provider, the "sub" of its tokens')
    .runs(ctx, link)
    .examples(['webmacs users link-sso alice --provider keycloak --subject 2f1c9f0e-6c0d-4f0f-9f0a-5f4f3f2f1f0f']);
  parent
    .command('unlink-sso')
    .addArgument(rowArgument(ctx, USERS))
    .description('remove the single sign-on identity of a user')
    .runs(ctx, unlink)
    .examples(['webmacs users unlink-sso bob && webmacs users passwd bob']);
}

async function link(ctx: Context, given: string, identity: Identity): Promise<void> {
  const user = await linkSso(await ctx.em(), await find(ctx, USERS, given), identity);
  const message = `User ${quoted(user.username)} logs in as ${quoted(identity.subject)} of ${quoted(identity.provider)}.`;
  await ctx.output.changed(ctx.output.success(message), await rowOf(ctx, USERS, user));
}

async function unlink(ctx: Context, given: string): Promise<void> {
  const before = await find(ctx, USERS, given);
  const provider = before.ssoProvider;
  const user = await unlinkSso(await ctx.em(), before);
  const message = provider
    ? ctx.output.success(`User ${quoted(user.username)} no longer logs in through ${quoted(provider)}.`)
    : `User ${quoted(user.username)} has no single sign-on identity.`;
  await ctx.output.changed(message, await rowOf(ctx, USERS, user));
  if (provider) {
    await ctx.output.say(
      `The server gave an account that it created a random password. To set another: webmacs users passwd ${user.publicId}`,
    );
    await warnOfAddress(ctx, user);
  }
}
