import type { EntityManager } from '@mikro-orm/postgresql';
import {
  checkUsername,
  createUser,
  privilegeColumns,
  storedEmail,
  type UserChange,
  type UserRole,
  type UserRow,
  updateUser,
} from '../../auth/users.ts';
import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { defined } from '../../text/defined.ts';
import { confirmCreate } from '../standard/confirm-create.ts';
import { type CreateOptions, createOptions, createRow } from '../standard/create.ts';
import { roleOption, USERS } from './noun.ts';
import { newPassword, type PasswordOptions, passwordOptions } from './password.ts';

interface CreateUserOptions extends CreateOptions, PasswordOptions {
  email?: string;
  admin?: boolean;
  role?: UserRole;
}

export function declareCreate(parent: Command, ctx: Context): void {
  parent
    .command('create')
    .argument('<name>', 'user name, 2 to 50 characters')
    .description('create an account')
    .option('--email <address>', 'e-mail address, which the user logs in with')
    .option('--admin', 'make the user an admin')
    .addOption(roleOption())
    .with(createOptions)
    .runs(ctx, createAccount)
    .with(passwordOptions)
    .examples(
      ['webmacs users create alice --email alice@lab.org', 'asks for the password'],
      ['webmacs users create alice --email alice@lab.org --admin --generate-password'],
      ['webmacs users create bot --email bot@lab.org --password-file bot.txt --if-not-exists', 'in a script'],
    );
}

/** Creates an account and prints it; a generated password is shown only once. */
async function createAccount(ctx: Context, username: string, options: CreateUserOptions): Promise<void> {
  const { admin, role } = options;
  let secrets: Record<string, string> = {};
  const insert = async () => {
    // Checked before anything is asked for.
    checkUsername(username);
    const em = await ctx.em(USERS.entity);
    const { email } = await ctx.prompts.missing(options, {
      email: { option: '--email', ask: 'E-mail address', check: (text) => void storedEmail(em, text) },
    });
    storedEmail(em, email);
    const { password, generated } = await newPassword(ctx, options);
    secrets = generated ? { password } : {};
    await confirmCreate(ctx, USERS, { username, email, admin, role });
    return await createUser(em, { username, email, password, ...defined({ admin, role }) });
  };
  // The password of an existing account is neither compared nor changed.
  const asked = {
    values: async (user: UserRow) => {
      const em = await ctx.em(USERS.entity);
      const email = options.email === undefined ? undefined : storedEmail(em, options.email);
      return { email, ...privilegeColumns(em, defined({ admin, role }), user) };
    },
    update: async (em: EntityManager, user: UserRow, change: UserChange) => await updateUser(em, user, change, false),
  };
  await createRow(ctx, USERS, username, options, insert, asked, () => secrets);
}
