import type { Command } from '../../../cli/command.ts';
import type { Context } from '../../../cli/context.ts';
import { wholeNumberBetween } from '../../../cli/parse.ts';
import { counted, fileSize } from '../../../cli/text.ts';
import { isDistributed } from '../../../database/distributed.ts';
import { localCopies } from '../../../database/shards.ts';
import { ConflictError, InvalidInputError } from '../../../errors.ts';
import { look } from '../../../storage/conversion.ts';
import { distribute, expectDistributable, serversOf } from '../../../storage/distribute.ts';
import { unfinishedIn } from '../../../storage/plain.ts';
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
Needs the extension citus in this database, and its workers (citus_add_node). All other tables are copied to every server, and kept
the same there; who writes into one waits while it is copied. The datapoints are copied in batches while they are used, a trigger
lists which of them are changed meanwhile, and the distributed ones become the table under a short exclusive lock. The coordinator
needs the disk space of the datapoints until then, the servers theirs. After an interruption, run it again: it continues.
"webmacs db storage plain" brings all tables back in the same way.
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
  const convert = async () =>
    await ctx.progress('Distributing', async (show) =>
      distribute(pool, {
        tables,
        shards,
        onRows: (copied) => show({ rows: copied }),
        ...conversionOf(ctx, options),
      }),
    );
  const before = await look(pool);
  if (await isDistributed(pool)) {
    const copies = await localCopies(pool, tables);
    const isLeft = copies.length > 0 || (await unfinishedIn(pool, before)) !== undefined;
    const size = fileSize(copies.reduce((sum, { bytes }) => sum + bytes, 0));
    const what =
      copies.length > 0
        ? `${size} of the coordinator, of rows from before the conversion`
        : 'what an interrupted conversion has left';
    const verb = copies.length > 0 ? ['Freed', 'Would free'] : ['Removed', 'Would remove'];
    const changed = isLeft && !options.dryRun && (await convert());
    const message = changed
      ? ctx.output.success(`${verb[0]} ${what}.`)
      : isLeft
        ? `${verb[1]} ${what}.`
        : 'Nothing to do: the datapoints are distributed by Citus.';
    return await ctx.output.done(message, { changed, form: 'distributed' });
  }
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
  await convert();
  const message = ctx.output.success(`The datapoints are distributed by event over ${over}.`);
  await ctx.output.done(message, { changed: true, form: 'distributed', servers, shards });
}
