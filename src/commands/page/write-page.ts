import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import type { ShowProgress } from '../../cli/progress.ts';
import { write } from '../../cli/streams.ts';
import { counted, fileSize } from '../../cli/text.ts';
import type { FileSubject } from '../../export/file-name.ts';
import { checkOutput, writeTextFile } from '../../files/output-file.ts';
import type { Page } from '../../report/document.ts';
import { createFolder, fileOf } from '../export/export-to.ts';

export interface PageOutput {
  output?: string;
  force?: boolean;
}

/** @param otherwise the default of `--output` */
export function pageOutputOptions(command: Command, otherwise: string): Command {
  return command
    .optionsGroup('Where it is written:')
    .option('-o, --output <file>', `file, folder, or - for standard output; ${otherwise}`)
    .option('--force', 'replace the file if it exists');
}

/**
 * Makes a page, writes it to a file or to standard output, and reports that.
 * @param subject what a file without a name is named for
 * @param make called once it is known that the file can be written
 */
export async function writePage(
  ctx: Context,
  subject: FileSubject,
  { output, force = false }: PageOutput,
  make: (onProgress: ShowProgress) => Promise<Page>,
): Promise<void> {
  const { file, folder } = fileOf(output, subject, '.html');
  const stdout = file === '-' ? ctx.output.binary('HTML') : undefined;
  const options = { force, suffixes: ['.html', '.htm'], signal: ctx.signal };
  if (folder !== undefined) {
    createFolder(folder);
  }
  if (!stdout) {
    await checkOutput(file, options);
  }
  const { html, ...about } = await ctx.progress(`Writing ${stdout ? 'to standard output' : file}`, make);
  const bytes = stdout ? Buffer.byteLength(html) : await writeTextFile(file, options, html);
  if (stdout) {
    await write(stdout, html);
  }
  const facts = { file, bytes, ...about };
  const to = stdout ? ctx.output.onStderr : ctx.output;
  if (about.datapoints === 0) {
    return await to.nothing(`${stdout ? 'The page' : file} has no charts: no datapoint is selected.`, facts);
  }
  const what = `${counted(about.datapoints, 'datapoint')} of ${counted(about.events, 'event')}`;
  await to.done(to.success(`${stdout ? '' : `${file}: `}${what}, ${fileSize(bytes)}.`), facts);
}
