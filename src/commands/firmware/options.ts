import { Option } from 'commander';
import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { type FirmwareFacts, MAX_FILE_BYTES } from '../../domain/firmware.ts';
import { fingerprint } from '../../files/fingerprint.ts';
import { readText } from '../../files/input.ts';
import { isBundle, readBundle } from '../../firmware/bundle.ts';
import { defined } from '../../text/defined.ts';

const MAX_NOTES_BYTES = 1_000_000;

export interface FirmwareOptions {
  notes?: string;
  notesFile?: string;
  file?: string;
}

export function firmwareOptions(command: Command): Command {
  return command
    .addOption(new Option('--notes <text>', 'release notes').conflicts('notesFile'))
    .option('--notes-file <file>', 'file with the release notes; - for standard input')
    .option('--file <path>', 'firmware file: its path, size and SHA-256 are recorded; a .tar.gz is checked');
}

/** Returns the properties that the options set; reads the file for its SHA-256. */
export async function factsOf(ctx: Context, { notes, notesFile, file }: FirmwareOptions): Promise<FirmwareFacts> {
  const options = { maxBytes: MAX_NOTES_BYTES, stdin: ctx.streams.stdin };
  return defined({
    notes: notesFile === undefined ? notes : await readText(notesFile, options),
    file: file === undefined ? undefined : await ctx.progress(`Reading ${file}`, async () => fileOf(file, ctx.signal)),
  });
}

async function fileOf(path: string, signal: AbortSignal): Promise<FirmwareFacts['file']> {
  if (!isBundle(path)) {
    return await fingerprint(path, MAX_FILE_BYTES, signal);
  }
  const bundle = await readBundle(path, signal);
  return { ...bundle, bundle };
}
