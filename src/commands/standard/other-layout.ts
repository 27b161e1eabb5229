import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { counted, grouped } from '../../cli/text.ts';
import { columnName, type Layout } from '../../database/layouts/layouts.ts';
import { InvalidInputError } from '../../errors.ts';
import type { Loss } from '../../transfer/losses.ts';
import { choosesRoles } from '../../transfer/mapping.ts';

/** What users that are not admins can become in a layout with roles. */
const NON_ADMINS = ['viewer', 'operator'] as const;

export interface NonAdminsOption {
  nonAdmins?: (typeof NON_ADMINS)[number];
}

export function nonAdminsOption(command: Command): Command {
  return command.choice(
    '--non-admins <role>',
    'role of users that are not admins, if only the target has roles; default viewer',
    NON_ADMINS,
  );
}

/**
 * Reports which role users that are not admins will have in the target, if the source has no roles.
 * @param people how many these are
 * @throws InvalidInputError for a chosen role that would not be used
 */
export async function announceRoles(
  ctx: Context,
  source: Layout,
  target: Layout,
  chosen: NonAdminsOption['nonAdmins'],
  people: number | undefined,
): Promise<void> {
  if (!choosesRoles(source, target)) {
    if (chosen) {
      throw new InvalidInputError('--non-admins is only for a source without roles and a target with roles.', {
        hint: `The layouts are "${source.name}" and "${target.name}"; omit it.`,
      });
    }
    return;
  }
  if (people) {
    const what = `In the target, ${counted(people, 'user')} without the admin role will have the role`;
    await (chosen
      ? ctx.output.say(`${what} "${chosen}".`)
      : ctx.output.warn(`${what} "viewer"; to make them operators, pass --non-admins operator.`));
  }
}

/** Warns of what the layout of a target cannot store. */
export async function warnOfLosses(ctx: Context, losses: readonly Loss[], layout: string): Promise<void> {
  for (const { table, property, rows } of losses) {
    await ctx.output.warn(
      property === null
        ? `The layout "${layout}" has no table "${table}": ${counted(rows, 'row')} will not be copied.`
        : `The layout "${layout}" cannot store "${columnName(property)}" of ${grouped(rows)} of the ${table.replaceAll('_', ' ')}.`,
    );
  }
}
