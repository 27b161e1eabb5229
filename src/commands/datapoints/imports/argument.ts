import { ChosenArgument } from '../../../cli/argument.ts';
import type { Context } from '../../../cli/context.ts';
import { foundIn } from '../../../cli/prompts.ts';
import { counted } from '../../../cli/text.ts';
import { ImportRecords } from '../../../ingest/imports/record.ts';
import { statesOf } from '../../../ingest/imports/state.ts';

/** Returns the argument that names an import; on a terminal, it is chosen from those into this database. */
export function importArgument(ctx: Context): ChosenArgument {
  return new ChosenArgument('<import>', 'id, or its first 4 or more characters', async (typed) => {
    const { records } = new ImportRecords(ctx.embeddedDirectory).all();
    const states = await statesOf(await ctx.pool(), records);
    const choices = records
      .filter(({ id }) => states.get(id) !== 'other database')
      .map(({ id, imported_on: on, file, rows }) => ({
        name: `${id}  ${on}  ${file}  ${counted(rows, 'datapoint')}`,
        value: id,
        short: id,
      }));
    return foundIn(choices, typed);
  });
}
