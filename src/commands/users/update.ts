import { type UserChange, updateUser } from '../../auth/users.ts';
import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { declareUpdate } from '../standard/update.ts';
import { roleOption, USERS } from './noun.ts';

export interface UpdateUserOptions extends UserChange {
  force?: boolean;
}

export function declareUserUpdate(parent: Command, ctx: Context): void {
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
    values: ({ username, email, admin, role }: UpdateUserOptions) => ({ username, email, admin, role }),
    given: '--username, --email, --admin or --no-admin, or --role',
    update: async (em, user, change: UserChange, { force = false }) => await updateUser(em, user, change, force),
  });
}
