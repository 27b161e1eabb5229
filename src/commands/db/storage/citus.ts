import type { Command } from '../../../cli/command.ts';
import type { Context } from '../../../cli/context.ts';
import { wholeNumberBetween } from '../../../cli/parse.ts';
import { counted, fileSize } from '../../../cli/text.ts';
import { isDistributed } from '../../../database/distributed.ts';
import { localCopies } from '../../../database/shards.ts';
import { ConflictError, InvalidInputError } from '../../../errors.ts';
import { look } from '../../../storage/conversion.ts';
import { distribute, expectDistributable, serversOf } from '../../../storage/distribute.ts';
import { type ChangeOptions, changeOptions, conversionOf, formText, poolFor } from './change.ts';

/** That of Citus. */
const SHARDS = 32;

export function declareCitus(storage: Command, ctx: Context): void {
  storage
    .command('citus')
    .description('distribute the datapoints over the servers of Citus by their event')
    .option('--distribute-by <column>', 'which datapoints stay together: those of an event', 'event')
    .option('--shards <n>', 'how many parts there are, of all events', wholeNumberBetween(1, 64_000), SHARDS)
    .with(changeOptions)
    .runs(ctx, runCitus)
    .note(CITUS)
    .examples(
      ['webmacs db storage citus --distribute-by event --dry-run'],
      ['webmacs db storage citus --distribute-by event --shards 64'],
    );
}

const CITUS = `
Needs the extension citus in this database, its workers (citus_add_node), and wal_level = logical. All other tables are copied to
every server, and kept the same there. The datapoints are copied while others read and insert; those wait twice for about a second.
Do not update or delete datapoints meanwhile: Citus may let a statement that waits at the last moment change nothing. After an
interruption, run it again: it continues. "webmacs db storage plain" brings all tables back; nobody can use them meanwhile.
`;

async function runCitus(
  ctx: Context,
  { distributeBy, shards, ...options }: ChangeOptions & { distributeBy: string; shards: number },
): Promise<void> {
  if (distributeBy !== 'event') {
    throw new InvalidInputError(`Datapoints cannot be distributed by "${distributeBy}".`, {
      hint: `Use --distribute-by event: ${distributeBy === 'experiment' ? 'a datapoint need not have an experiment, but always has' : 'each datapoint has'} an event.`,
    });
  }
  const pool = await poolFor(ctx, options, 'several servers');
  const { tables } = await ctx.database();
  const conversion = { tables, shards, ...conversionOf(ctx, options) };
  if (await isDistributed(pool)) {
    const copies = await localCopies(pool, tables);
    if (copies.length > 0) {
      const size = fileSize(copies.reduce((sum, { bytes }) => sum + bytes, 0));
      const what = `${size} of the coordinator, of rows from before the conversion`;
      const changed = !options.dryRun && (await distribute(pool, conversion));
      const message = changed ? ctx.output.success(`Freed ${what}.`) : `Would free ${what}.`;
      return await ctx.output.done(message, { changed, form: 'distributed' });
    }
    return await ctx.output.done('Nothing to do: the datapoints are distributed by Citus.', {
      changed: false,
      form: 'distributed',
    });
  }
  const before = await look(pool);
  if (before.form !== 'plain' && before.form !== 'distributed') {
    throw new ConflictError(`The datapoints are stored in ${formText(before)}, which Citus cannot distribute.`, {
      hint: 'Make them one table first: webmacs db storage plain',
    });
  }
  const servers = await serversOf(pool);
  await expectDistributable(pool, before, tables);
  const over = `${counted(shards, 'shard')} on ${counted(servers, 'server')}`;
  if (options.dryRun) {
    const what = `Would distribute the datapoints by event over ${over}, and copy all other tables to every server.`;
    return await ctx.output.done(what, { changed: false, form: before.form, servers });
  }
  if (servers < 2) {
    await ctx.output.warn('Citus has no workers here, so all shards stay on one server. Add some with citus_add_node.');
  }
  await ctx.progress('Distributing', async () => distribute(pool, conversion));
  const message = ctx.output.success(`The datapoints are distributed by event over ${over}.`);
  await ctx.output.done(message, { changed: true, form: 'distributed', servers, shards });
}
