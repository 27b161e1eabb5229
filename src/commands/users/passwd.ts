import { setPassword } from '../../auth/users.ts';
import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { quoted } from '../../cli/text.ts';
import { rowArgument } from '../standard/choices.ts';
import { find, rowOf } from '../standard/noun.ts';
import { USERS, warnOfAddress } from './noun.ts';
import { newPassword, type PasswordOptions, passwordOptions } from './password.ts';

export function declarePasswd(parent: Command, ctx: Context): void {
  parent
    .command('passwd')
    .addArgument(rowArgument(ctx, USERS))
    .description('set a new password')
    .runs(ctx, changePassword)
    .with(passwordOptions)
    .examples(
      ['webmacs users passwd alice', 'asks for the password twice'],
      ['pass show lab/alice | webmacs users passwd alice --password-stdin'],
    );
}

async function changePassword(ctx: Context, given: string, options: PasswordOptions): Promise<void> {
  const user = await find(ctx, USERS, given);
  if (user.ssoProvider) {
    const consequence = `${quoted(user.username)} logs in through ${quoted(user.ssoProvider)}; a password is a second way to log in.`;
    if (!(await ctx.confirm(`Set a password for ${quoted(user.username)}?`, consequence))) {
      return await ctx.output.done('Nothing was changed.', { status: 'cancelled' });
    }
  }
  const { password, generated } = await newPassword(ctx, options);
  await setPassword(await ctx.em(USERS.entity), user, password);
  const secrets: Record<string, string> = generated ? { password } : {};
  const message = ctx.output.success(`Password of ${quoted(user.username)} changed.`);
  await ctx.output.changed(message, await rowOf(ctx, USERS, user), secrets);
  await warnOfAddress(ctx, user);
}
