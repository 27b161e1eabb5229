import type { ClientBase } from 'pg';
import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { listed } from '../../cli/text.ts';
import type { ExportRequest } from '../../export/request.ts';

export interface ArchiveOption {
  archive?: string | undefined;
}

export function archiveOption(command: Command): Command {
  return command.option(
    '--archive <folder>',
    'also read what "datapoints archive" wrote there, as if it were in the database',
  );
}

/** Returns what lets a transaction read the archive too; undefined without one. */
export function withArchive(
  ctx: Context,
  { archive: folder }: ArchiveOption,
  requests: readonly ExportRequest[],
  needsIds: boolean,
): ((client: ClientBase) => Promise<void>) | undefined {
  return folder === undefined
    ? undefined
    : async (client) => {
        const { overlayArchive } = await import('../../archive/overlay.ts');
        const deleted = await overlayArchive(client, requests, { folder, needsIds, signal: ctx.signal });
        if (deleted.length > 0) {
          await ctx.output.warn(`Archived datapoints of events that no longer exist are left out: ${listed(deleted)}.`);
        }
      };
}
