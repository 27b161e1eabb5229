import { keepLastAdmin, type UserRow } from '../../auth/users.ts';
import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { checkHeir, countOwned, keepFirmwareOwned, lockUsers, OWNER, reassign } from '../../domain/ownership.ts';
import { type DeleteOptions, declareDelete, deleteRow } from '../standard/delete.ts';
import { find } from '../standard/noun.ts';
import { USERS } from './noun.ts';

interface DeleteUserOptions extends DeleteOptions {
  reassignTo?: string;
}

export function declareDeleteUser(parent: Command, ctx: Context): void {
  declareDelete(parent, ctx, USERS)
    .option(
      '--reassign-to <user>',
      'make this user the owner of everything that belongs to the user; API tokens are deleted',
    )
    .option('--force', 'delete even the last admin')
    .runs(ctx, deleteUser)
    .examples([
      'webmacs users delete bob --reassign-to alice',
      'keeps its events, experiments, firmware and everything else',
    ]);
}

async function deleteUser(ctx: Context, given: string, options: DeleteUserOptions): Promise<void> {
  const heir = options.reassignTo === undefined ? undefined : await find(ctx, USERS, options.reassignTo);
  const check: Parameters<typeof deleteRow<UserRow>>[4] = async (em, user, { force }) => {
    if (!force) {
      await keepLastAdmin(em, user, 'deleted');
    }
    if (em.isInTransaction()) {
      await lockUsers(em, heir ? [user, heir] : [user]);
    }
    await (heir ? checkHeir(em, user, heir) : keepFirmwareOwned(em, user));
  };
  const succession = heir && {
    to: heir.username,
    property: OWNER,
    count: countOwned,
    takeOver: async (...[em, user]: Parameters<typeof countOwned>) => await reassign(em, user, heir),
  };
  await deleteRow(ctx, USERS, given, options, check, undefined, succession);
}
