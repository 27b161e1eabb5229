import type { Context } from '../../cli/context.ts';
import { resolve } from '../../database/resolve.ts';
import { User } from '../../entities/index.ts';
import { InvalidInputError } from '../../errors.ts';
import { USERS } from '../users/noun.ts';
import { choicesOf } from './choices.ts';

/**
 * The user whom new rows belong to: `--as`, the configured one, else the only admin, else the answer to a question.
 * @throws InvalidInputError naming `--as`, where nobody can be asked; NotFoundError for an unknown user
 */
export async function owner(ctx: Context): Promise<User> {
  const em = await ctx.em();
  const configured = ctx.configuration.get('as');
  if (configured) {
    return await resolve(em, User, 'username', configured.value, 'User');
  }
  const admins = await em.find(User, { admin: true }, { limit: 2, orderBy: { id: 'asc' } });
  const [only, another] = admins;
  if (only && !another) {
    return only;
  }
  if ((await em.count(User)) === 0) {
    throw new InvalidInputError('There is no user yet whom a new row could belong to.', {
      hint: 'Make one: webmacs users create NAME --email ADDRESS --admin',
    });
  }
  if (!ctx.prompts.canAsk) {
    throw new InvalidInputError('Whom should the new row belong to? There is not exactly one admin.', {
      hint: 'Pass --as USER, or set it once: webmacs config set as USER',
    });
  }
  const choices = await choicesOf(ctx, USERS, ({ username, email }) => `${username} <${email}>`);
  return await resolve(em, User, 'username', await ctx.prompts.choose('Whom does it belong to?', choices), 'User');
}
