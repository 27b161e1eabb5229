import { Option } from 'commander';
import type { UserRow } from '../../auth/users.ts';
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
