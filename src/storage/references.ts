import type { Pool } from 'pg';
import { runAlone } from '../database/run-alone.ts';
import { identifier } from '../database/sql.ts';
import { briefly, type ConversionOptions, reading } from './conversion.ts';
import { type TableFacts, tableFacts } from './table-facts.ts';

/** Returns the actions of ALTER TABLE that give another table the foreign keys. */
export function referencesOf({ constraints }: TableFacts): string[] {
  return constraints
    .filter(({ kind }) => kind === 'f')
    .map(({ name, definition }) => `add constraint ${identifier(name)} ${definition}`);
}

/** Gives copies of datapoints the foreign keys, checked, so that they need not be checked under the exclusive lock. */
export async function addReferences(pool: Pool, copies: readonly string[], options: ConversionOptions): Promise<void> {
  await options.onStep('checking the references');
  const { constraints } = await reading(pool, (client) => tableFacts(client, 'datapoints'));
  for (const copy of copies) {
    const present = (await reading(pool, (client) => tableFacts(client, copy))).constraints;
    for (const { name, definition } of constraints.filter(({ kind }) => kind === 'f')) {
      const key = present.find((constraint) => constraint.name === name);
      if (!key) {
        await briefly(pool, options, async (client) => {
          await client.query(
            `alter table ${identifier(copy)} add constraint ${identifier(name)} ${definition} not valid`,
          );
        });
      }
      if (!key?.valid) {
        await runAlone(pool, `alter table ${identifier(copy)} validate constraint ${identifier(name)}`, options);
      }
    }
  }
}
