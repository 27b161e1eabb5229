import { ssoFilter } from '../../auth/sso.ts';
import { type UserChange, updateUser } from '../../auth/users.ts';
import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { User } from '../../entities/index.ts';
import { declareList } from '../standard/list.ts';
import { declareShow } from '../standard/show.ts';
import { declareUpdate } from '../standard/update.ts';
import { declareCreate } from './create.ts';
import { declareDeleteUser } from './delete.ts';
import { declareLinkSso } from './link-sso.ts';
import { roleOption, USERS } from './noun.ts';
import { declarePasswd } from './passwd.ts';

export function declareUsers(parent: Command, ctx: Context): void {
  declareCreate(parent, ctx);
  declareList(parent, ctx, USERS, {
    declare: (command) =>
      command.option('--sso', 'only users with a single sign-on identity').option('--no-sso', 'only users without one'),
    examples: ['--no-sso'],
    where: async (context, { sso }: { sso?: boolean }) =>
      sso === undefined ? {} : ssoFilter(await context.em(User), sso),
  });
  declareShow(parent, ctx, USERS);
  declareUpdate(parent, ctx, USERS, {
    description: 'change an account',
    declareOptions: (command) =>
      command
        .option('--username <name>', 'new user name')
        .option('--email <address>', 'new e-mail address')
        .option('--admin', 'make the user an admin')
        .option('--no-admin', 'revoke the admin role')
        .addOption(roleOption())
        .option('--force', 'demote even the last admin'),
    examples: [['webmacs users update alice --email alice@new.org'], ['webmacs users update bob --no-admin']],
    values: ({ username, email, admin, role }: UserChange & { force?: boolean }) => ({ username, email, admin, role }),
    given: '--username, --email, --admin or --no-admin, or --role',
    update: async (em, user, change: UserChange, { force = false }) => await updateUser(em, user, change, force),
  });
  declarePasswd(parent, ctx);
  declareLinkSso(parent, ctx);
  declareDeleteUser(parent, ctx);
}
