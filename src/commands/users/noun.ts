import { Option } from 'commander';
import type { UserRow } from '../../auth/users.ts';
import type { Context } from '../../cli/context.ts';
import { quoted } from '../../cli/text.ts';
import { addressProblem } from '../../domain/locked-out.ts';
import { USER_ROLES, User } from '../../entities/index.ts';
import type { Noun } from '../standard/noun.ts';

export const USERS: Noun<UserRow> = {
  entity: User,
  singular: 'user',
  key: 'username',
  columns: ['username', 'email', 'role', 'admin', 'created_on', 'public_id'],
  orderBy: { username: 'asc' },
};

/** Returns the option for the role, on a database that has roles; `--admin` is short for one of them. */
export function roleOption(): Option {
  return new Option('--role <role>', 'role, if the WebMACS server has roles; default viewer')
    .choices([...USER_ROLES])
    .conflicts('admin');
}

/** Warns of an account with which nobody can log in, whatever its password. */
export async function warnOfAddress(ctx: Context, { username, email, publicId }: UserRow): Promise<void> {
  const problem = addressProblem(await ctx.em(), email);
  if (problem) {
    await ctx.output.warn(
      `${quoted(username)} is locked out: ${problem}. Change it: webmacs users update ${publicId} --email ADDRESS`,
    );
  }
}
