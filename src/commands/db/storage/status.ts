import type { Pool } from 'pg';
import type { Command } from '../../../cli/command.ts';
import type { Context } from '../../../cli/context.ts';
import { fileSize, grouped } from '../../../cli/text.ts';
import { idUse } from '../../../database/ids.ts';
import type { Layout } from '../../../database/layouts/layouts.ts';
import type { StorageForm } from '../../../database/layouts/storage-form.ts';
import { localCopies, shardsOf } from '../../../database/shards.ts';
import { CheckFailedError } from '../../../errors.ts';
import { type Advice, adviceOn } from '../../../storage/advice.ts';
import { isSchemaLocked, reading } from '../../../storage/conversion.ts';
import { hourlyOf } from '../../../storage/hourly.ts';
import { unfinishedIn } from '../../../storage/plain.ts';
import { licenceOf, policiesOf } from '../../../storage/policies.ts';
import { refusalOf } from '../../../storage/possible.ts';
import { isReplacing } from '../../../storage/replaced.ts';
import { storageOf, withRowCounts } from '../../../storage/storage.ts';
import { isWidening } from '../../../storage/widen.ts';
import { refusalFor } from './change.ts';

/** An advice with the command line, and what it would be refused with now. */
interface CheckedAdvice extends Omit<Advice, 'command'> {
  command: string | null;
  obstacle: string | null;
}

const LEAF_COLUMNS = ['partition', 'from', 'to', 'rows', 'size'];
const COLUMNS: Partial<Record<StorageForm, string[]>> = {
  hypertable: [...LEAF_COLUMNS, 'compressed'],
  distributed: ['shard', 'server', 'rows', 'size'],
};

export function declareStatus(storage: Command, ctx: Context): void {
  storage
    .command('status')
    .description('show the partitions of the datapoints, and what is to be done')
    .option('--exit-code', 'exit 6 when something is to be done, before datapoints are refused')
    .runs(ctx, status)
    .examples(['webmacs db storage status'], ['webmacs db storage status -q --exit-code', 'in cron']);
}

async function status(ctx: Context, { exitCode = false }: { exitCode?: boolean }): Promise<void> {
  const { pool, em, tables, layout } = await ctx.database();
  const storage = await ctx.progress('Reading', async () =>
    reading(pool, async (client) => {
      const found = await storageOf(client);
      return found.form === 'distributed' ? found : await withRowCounts(client, found);
    }),
  );
  const policies = storage.form === 'hypertable' ? await reading(pool, policiesOf) : undefined;
  const isUncompressed =
    policies?.compressAfter === null &&
    storage.leaves.every(({ compressed }) => !compressed) &&
    (await reading(pool, licenceOf)) !== 'apache';
  const isDistributed = storage.form === 'distributed';
  const [ids] = await idUse(em, ['datapoints']);
  // Before and after the look for something unfinished: a conversion that starts or ends meanwhile was not interrupted.
  const wasChanging = await isSchemaLocked(pool);
  const facts = {
    idsUsed: ids?.percent ?? null,
    unfinished: await unfinishedIn(pool, storage),
    isReplaced: await isReplacing(pool),
    widening: await isWidening(pool),
    isChanging: wasChanging || (await isSchemaLocked(pool)),
    hasCopies: isDistributed && (await localCopies(pool, tables)).length > 0,
    hourly: storage.form === 'hypertable' ? await reading(pool, hourlyOf) : undefined,
    isUncompressed,
    now: ctx.now().getTime(),
  };
  const advice = await checked(adviceOn(storage, facts), pool, layout);
  const leaves = isDistributed
    ? (await shardsOf(pool)).map(({ shard, server, rows, bytes }) => ({ shard, server, rows, size_bytes: bytes }))
    : storage.leaves.map(({ leaf, from, to, isDefault, rows, bytes, compressed }) => ({
        partition: leaf.name,
        from,
        to,
        default: isDefault,
        rows,
        size_bytes: bytes,
        ...(storage.form === 'hypertable' ? { compressed } : {}),
      }));
  const row = {
    form: storage.form,
    key: storage.key,
    period: storage.period ?? storage.chunkPeriod,
    id_type: storage.idType,
    ...(storage.form === 'partitions'
      ? { ahead: storage.leaves.filter(({ from }) => Date.parse(from ?? '') > facts.now).length }
      : {}),
    ...(policies && {
      compress_after: policies.compressAfter,
      drop_after: policies.dropAfter,
    }),
    ...(facts.hourly && { hourly_until: facts.hourly.until, hourly_changed: `${facts.hourly.changedHours} h` }),
    ids_used_percent: facts.idsUsed,
    rows: leaves.reduce((sum, { rows }) => sum + (rows ?? 0), 0),
    size_bytes: leaves.reduce((sum, leaf) => sum + leaf.size_bytes, 0),
  };
  if (ctx.output.structured) {
    const records = advice.map(({ needsBytes = null, ...rest }) => ({ ...rest, needs_bytes: needsBytes }));
    await ctx.output.one({ ...row, leaves, advice: records });
  } else {
    const { rows, size_bytes: bytes, ...rest } = row;
    await ctx.output.one(
      ctx.output.forPeople ? { ...rest, rows: `about ${grouped(rows)}`, size: fileSize(bytes) } : row,
    );
    if (storage.form !== 'plain') {
      const shown = ctx.output.forPeople
        ? leaves.map((leaf) => ({ ...leaf, size: fileSize(leaf.size_bytes) }))
        : leaves.map((leaf) => ({ ...leaf, size: leaf.size_bytes }));
      await ctx.output.list(shown, COLUMNS[storage.form] ?? LEAF_COLUMNS);
    }
  }
  for (const each of advice) {
    await (each.due ? ctx.output.warn : ctx.output.say).call(ctx.output, describe(each));
  }
  if (exitCode && advice.some(({ due }) => due)) {
    const hint = advice.filter(({ due }) => due).map(remedy)[0];
    throw new CheckFailedError('The storage of the datapoints needs attention.', { hint });
  }
}

/** Adds what each is refused for now. */
async function checked(advice: readonly Advice[], pool: Pool, layout: Layout): Promise<CheckedAdvice[]> {
  const all: CheckedAdvice[] = [];
  for (const { command, ...rest } of advice) {
    const refusals = command === null ? [] : [await refusalOf(pool, command), refusalFor(layout)];
    const obstacles = refusals.flatMap((refusal) => (refusal ? [refusal.message, refusal.hint ?? ''] : []));
    all.push({
      ...rest,
      command: command === null ? null : `webmacs db storage ${command}`,
      obstacle: obstacles.length === 0 ? null : obstacles.join(' '),
    });
  }
  return all;
}

function describe({ text, needsBytes, ...advice }: CheckedAdvice): string {
  const need = !needsBytes ? '' : ` It takes about ${fileSize(needsBytes)} of disk meanwhile.`;
  return `${text}${need} ${remedy(advice)}`.trim();
}

function remedy({ command, obstacle }: Pick<CheckedAdvice, 'command' | 'obstacle'>): string {
  const first = obstacle === null ? 'Run' : `${obstacle} Then run`;
  return command === null ? '' : `${first}: ${command}`;
}
