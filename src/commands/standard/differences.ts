import { isDeepStrictEqual } from 'node:util';
import { usernamesOf } from '../../auth/users.ts';
import type { Context } from '../../cli/context.ts';
import { printable, quoted } from '../../cli/text.ts';
import { columnProperties, schemaOf } from '../../database/layouts/layouts.ts';
import { OWNER, type OwnerChange } from '../../domain/ownership.ts';
import { User } from '../../entities/index.ts';
import { type Identified, type Noun, rowsOf } from './noun.ts';

/** Where a row differs from what was asked for. */
export interface Difference {
  column: string;
  existing: unknown;
  asked: unknown;
  /** For people: `max_value is 100, not 120`, and once it is changed `max_value from 100 to 120`. */
  text: string;
  change: string;
}

/** Values of a row to compare it with; relations are given by their public ids. */
export type AskedValues = OwnerChange & { eventPublicId?: string | null | undefined; [property: string]: unknown };

type Owned = { user?: { publicId: string } | null | undefined };

/** Compares a row with the values that it would have. */
export async function differencesOf<T extends Identified>(
  ctx: Context,
  noun: Noun<T>,
  item: T & Owned,
  { userPublicId, eventPublicId, ...values }: AskedValues,
): Promise<Difference[]> {
  const asked: Record<string, unknown> = {
    ...values,
    ...(userPublicId !== undefined && { user: { publicId: userPublicId } }),
    ...(eventPublicId !== undefined && { event: eventPublicId === null ? null : { publicId: eventPublicId } }),
  };
  // What is not asked for is read from the row itself.
  const other: T = Object.create(item, Object.getOwnPropertyDescriptors(asked));
  const [before = {}, after = {}] = await rowsOf(await ctx.em(noun.entity), noun, [item, other]);
  const differences: Difference[] = [];
  for (const { property, column } of columnProperties(schemaOf(noun.entity))) {
    if (schemaOf(noun.entity).properties[property]?.hidden) {
      // A secret is never printed.
      if (property in asked && asked[property] !== Reflect.get(item, property)) {
        const text = `${column} is another one`;
        differences.push({ column, existing: '(secret)', asked: '(secret)', text, change: column });
      }
    } else if (!isSame(column, before[column], after[column])) {
      const name = column.replace(/_public_id$/, '');
      const [existing, wanted] =
        property === OWNER
          ? await ownersOf(ctx, item.user?.publicId, userPublicId)
          : [before[name] ?? before[column], after[name] ?? after[column]];
      const label = property === OWNER ? 'owner' : name;
      const [has, wants] = [shown(existing), shown(wanted)];
      const [text, change] = [`${label} is ${has}, not ${wants}`, `${label} from ${has} to ${wants}`];
      differences.push({ column, existing: before[column], asked: after[column], text, change });
    }
  }
  return differences;
}

/** Whether values are the same; JSON in text is compared by its meaning. */
function isSame(column: string, one: unknown, other: unknown): boolean {
  const isJson = column.endsWith('_json') && typeof one === 'string' && typeof other === 'string';
  return isJson ? isDeepStrictEqual(JSON.parse(one), JSON.parse(other)) : isDeepStrictEqual(one, other);
}

async function ownersOf(ctx: Context, ...publicIds: (string | undefined)[]): Promise<(string | undefined)[]> {
  const names = await usernamesOf(
    await ctx.em(User),
    publicIds.map((publicId = '') => ({ user: { publicId } })),
  );
  return publicIds.map((publicId = '') => names.get(publicId));
}

function shown(value: unknown): string {
  if (value === null || value === undefined || value === '') {
    return 'empty';
  }
  if (typeof value === 'string') {
    return quoted(value);
  }
  return printable(typeof value === 'object' ? JSON.stringify(value) : String(value));
}
