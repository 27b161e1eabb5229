import type { UserRow } from '../../auth/users.ts';
import { User } from '../../entities/index.ts';
import type { Noun } from '../standard/noun.ts';

export const USERS: Noun<UserRow> = {
  entity: User,
  singular: 'user',
  key: 'username',
  columns: ['username', 'email', 'role', 'admin', 'created_on', 'public_id'],
  orderBy: { username: 'asc' },
};
