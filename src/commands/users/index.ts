import { keepLastAdmin } from '../../auth/users.ts';
import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { declareDelete } from '../standard/delete.ts';
import { declareList } from '../standard/list.ts';
import { declareShow } from '../standard/show.ts';
import { declareCreate } from './create.ts';
import { USERS } from './noun.ts';
import { declarePasswd } from './passwd.ts';
import { declareUserUpdate } from './update.ts';

/** Declares the commands on accounts. */
export function declareUsers(parent: Command, ctx: Context): void {
  declareCreate(parent, ctx);
  declareList(parent, ctx, USERS);
  declareShow(parent, ctx, USERS);
  declareUserUpdate(parent, ctx);
  declarePasswd(parent, ctx);
  declareDelete(parent, ctx, USERS, async (em, user, { force }) => {
    if (!force) {
      await keepLastAdmin(em, user, 'deleted');
    }
  }).option('--force', 'delete even the last admin');
}
