import type { Context } from '../../cli/context.ts';
import { User } from '../../entities/index.ts';
import { InvalidInputError } from '../../errors.ts';
import { USERS } from '../users/noun.ts';
import { rowQuestion } from './choices.ts';
import { find } from './noun.ts';

const MAX_LISTED = 5;

/**
 * Returns the owner of new rows: the user of `--as` or of the configuration, else the only admin, else the user's choice.
 * @throws InvalidInputError naming `--as`, if not running interactively; NotFoundError for an unknown user
 */
export async function owner(ctx: Context): Promise<User> {
  const em = await ctx.em(User);
  const configured = ctx.configuration.get('as');
  if (configured) {
    return await find(ctx, USERS, configured.value);
  }
  const admins = await em.find(User, { admin: true }, { limit: MAX_LISTED + 1, orderBy: { id: 'asc' } });
  const [only, another] = admins;
  if (only && !another) {
    return only;
  }
  if (!only && (await em.count(User)) === 0) {
    throw new InvalidInputError('There is no user to own the new row.', {
      hint: 'Create one: webmacs users create NAME --email ADDRESS --admin',
    });
  }
  if (!ctx.prompts.canAsk) {
    const names = admins.map(({ username }, at) => (at < MAX_LISTED ? username : '…')).join(', ');
    throw new InvalidInputError(
      `${only ? `More than one admin (${names})` : 'There is no admin'}. Choose the owner with --as.`,
      {
        hint: 'Pass --as USER, or set it once: webmacs config set as USER',
      },
    );
  }
  const { user } = await ctx.prompts.missing({}, { user: rowQuestion(ctx, USERS, '--as', 'Owner') });
  return await find(ctx, USERS, user);
}
