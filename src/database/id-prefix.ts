import type { EntityName } from '@mikro-orm/core';
import type { EntityManager } from '@mikro-orm/postgresql';
import { query } from './query.ts';
import { identifier } from './sql.ts';

const DIGITS = '0123456789abcdef';
/** What sorts after each. */
const NEXT = '123456789abcdefg';

/**
 * Returns the condition for public ids that start with a text of lowercase hexadecimal digits and dashes.
 *
 * LIKE can use the index only if the column sorts by bytes, which most databases of others do not. So the range of such ids is added,
 * as the column sorts them, where that is certain: not where it sorts two digits as one letter (`aa` in Danish) or as a number.
 */
export async function idPrefixFilter<T extends object>(
  em: EntityManager,
  entity: EntityName<T>,
  prefix: string,
): Promise<object> {
  const startsSo = { $like: `${prefix}%` };
  const [, start = '', last = ''] = /^(.*)([0-9a-f])-*$/.exec(prefix) ?? [];
  const table = identifier(em.getMetadata().get(entity).tableName);
  const rows = await query<{ isDigitwise: boolean }>(
    em,
    // What is compared has the collation of the column.
    `select bool_and(pair < next and pair < digit || next_second) as "isDigitwise"
       from unnest(string_to_array(?, null), string_to_array(?, null)) as firsts (digit, next)
      cross join unnest(string_to_array(?, null), string_to_array(?, null)) as seconds (second, next_second)
       left join (select public_id from ${table} where false) on true
      cross join lateral (select coalesce(public_id, digit || second) as pair)`,
    [DIGITS, NEXT, `-${DIGITS}`, `0${NEXT}`],
  );
  return last !== '' && rows[0]?.isDigitwise
    ? { ...startsSo, $gte: prefix, $lt: start + NEXT[DIGITS.indexOf(last)] }
    : startsSo;
}
