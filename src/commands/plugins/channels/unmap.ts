import type { Command } from '../../../cli/command.ts';
import type { Context } from '../../../cli/context.ts';
import { capitalised, quoted } from '../../../cli/text.ts';
import { deleteByPublicId } from '../../../database/repository.ts';
import { updateChannel } from '../../../plugins/channels.ts';
import { rowOf } from '../../standard/noun.ts';
import { CHANNELS, channelArguments, resolveChannel } from './noun.ts';

export function declareUnmap(parent: Command, ctx: Context): void {
  parent
    .command('unmap')
    .with(channelArguments(ctx))
    .description('disconnect a channel from its event; channel, event and datapoints stay')
    .option('--delete', 'delete the channel as well')
    .option('--dry-run', 'print what would be done, without doing it')
    .runs(ctx, unmapChannel)
    .examples(
      ['webmacs plugins channels unmap "Rig 1" AI0'],
      ['webmacs plugins channels unmap "Rig 1" AI0 --delete --yes'],
    );
}

async function unmapChannel(
  ctx: Context,
  given: string,
  id: string | undefined,
  options: { delete?: boolean; dryRun?: boolean },
): Promise<void> {
  const channel = await resolveChannel(ctx, given, id);
  const row = await rowOf(ctx, CHANNELS, channel);
  const title = `channel ${quoted(channel.channelId)} of ${quoted(String(row.instance))}`;
  const feeds = row.event === null ? '' : `, which feeds event ${quoted(String(row.event))}`;
  if (options.dryRun) {
    return await ctx.output.done(`Would ${options.delete ? 'delete' : 'disconnect'} ${title}${feeds}.`, row);
  }
  const em = await ctx.em();
  if (!options.delete) {
    const unmapped = await updateChannel(em, channel, { eventPublicId: null });
    const message = ctx.output.success(`${capitalised(title)} no longer feeds an event.`);
    return await ctx.output.changed(message, await rowOf(ctx, CHANNELS, unmapped));
  }
  if (!(await ctx.confirm(`Delete ${title}?`, `This deletes ${title}${feeds}; the event stays.`))) {
    return await ctx.output.done('Nothing was deleted.', { status: 'cancelled' });
  }
  const { status } = await deleteByPublicId(em, CHANNELS.entity, channel.publicId, 'Channel');
  const message = `${capitalised(title)} deleted.`;
  await ctx.output.done(ctx.output.success(message), { status, message });
}
