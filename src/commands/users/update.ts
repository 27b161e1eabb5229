import type { Command } from 'commander';
import { type UserChange, type UserRole, updateUser } from '../../auth/users.ts';
import type { Context } from '../../cli/context.ts';
import { examples } from '../../cli/examples.ts';
import { quoted } from '../../cli/text.ts';
import { changeOf, find, rowOf } from '../standard/noun.ts';
import { argumentHelp } from '../standard/show.ts';
import { USERS } from './noun.ts';
import { roleOption } from './role.ts';

export interface UpdateUserOptions {
  username?: string;
  email?: string;
  admin?: boolean;
  role?: UserRole;
  force?: boolean;
}

export function declareUpdate(parent: Command, ctx: Context): void {
  const command = parent
    .command('update')
    .argument('<user>', argumentHelp(USERS))
    .description('change an account')
    .option('--username <name>', 'new user name')
    .option('--email <address>', 'new e-mail address')
    .option('--admin', 'may change the set-up')
    .option('--no-admin', 'may not any more')
    .addOption(roleOption())
    .option('--force', 'demote even the last admin')
    .action(async (user: string, options) => await updateAccount(ctx, user, options));
  examples(command, ['webmacs users update alice --email alice@new.org'], ['webmacs users update bob --no-admin']);
}

export async function updateAccount(ctx: Context, given: string, options: UpdateUserOptions): Promise<void> {
  const { force = false, username, email, admin, role } = options;
  const change = changeOf<UserChange>(
    { username, email, admin, role },
    '--username, --email, --admin or --no-admin, or --role',
  );
  const user = await updateUser(await ctx.em(), await find(ctx, USERS, given), change, force);
  await ctx.output.changed(ctx.output.success(`User ${quoted(user.username)} changed.`), await rowOf(ctx, USERS, user));
}
