import { type Command, Option } from 'commander';
import type { Context } from '../../cli/context.ts';
import { fingerprint } from '../../files/fingerprint.ts';
import { readText } from '../../files/input.ts';
import { type FirmwareFacts, MAX_FILE_BYTES } from '../../site/firmware.ts';

const MAX_NOTES_BYTES = 1_000_000;

/** The options that say what is recorded of a firmware version. */
export interface FirmwareOptions {
  notes?: string;
  notesFile?: string;
  file?: string;
}

export function firmwareOptions(command: Command): Command {
  return command
    .addOption(new Option('--notes <text>', 'release notes').conflicts('notesFile'))
    .option('--notes-file <file>', 'file with the release notes; - for standard input')
    .option('--file <path>', 'the firmware itself: its path, size and SHA-256 are recorded, not its content');
}

/** What the options say, with the file read and its SHA-256 taken. */
export async function factsOf(ctx: Context, { notes, notesFile, file }: FirmwareOptions): Promise<FirmwareFacts> {
  const options = { maxBytes: MAX_NOTES_BYTES, stdin: ctx.streams.stdin };
  const text = notesFile === undefined ? notes : await readText(notesFile, options);
  return {
    ...(text === undefined ? {} : { notes: text }),
    ...(file === undefined ? {} : { file: await fingerprint(file, MAX_FILE_BYTES, ctx.signal) }),
  };
}
