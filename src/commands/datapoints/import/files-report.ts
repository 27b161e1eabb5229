import type { Context } from '../../../cli/context.ts';
import type { Row } from '../../../cli/output.ts';
import { counted, grouped, listed } from '../../../cli/text.ts';
import { sayHowToUndo } from '../imports/how-to-undo.ts';
import { factsOf, type Imported, isEmpty, sayNotes, sentencesOf } from './report.ts';

/** Prints what was imported from several files: a line for each as it is done, and the total. */
export class FilesReport {
  readonly #ctx: Context;
  readonly #paths: readonly string[];
  #files: Row[] = [];
  #rows = 0;
  #seconds = 0;
  #dryRun = false;

  constructor(ctx: Context, paths: readonly string[]) {
    this.#ctx = ctx;
    this.#paths = paths;
  }

  /** Adds a file that was imported by itself. */
  async add(file: string, imported: Imported): Promise<void> {
    const { output } = this.#ctx;
    const line = `${file}: ${sentencesOf(imported)}`;
    await (isEmpty(imported) ? output.warn(line) : output.say(imported.dryRun ? line : output.success(line)));
    await sayNotes(this.#ctx, imported.summary.notes);
    if (imported.kept && 'problem' in imported.kept) {
      await sayHowToUndo(this.#ctx, imported.kept);
    }
    this.#dryRun = imported.dryRun;
    this.#files.push({ file, ...factsOf(imported) });
    this.#rows += imported.summary.rows;
    this.#seconds += imported.seconds;
  }

  async end(): Promise<void> {
    const [files, rows, seconds] = [this.#files.length, this.#rows, this.#seconds];
    const speed = `${grouped(Math.round(rows / seconds))} rows/s`;
    const what = `${counted(files, 'file')}: ${counted(rows, 'datapoint')}`;
    const total = this.#ctx.output.success(`${what} imported in ${seconds.toFixed(2)} s (${speed}).`);
    await this.#ctx.output.done(this.#dryRun ? `${what} would be imported.` : total, this.#facts());
    await this.#sayHowToUndo();
  }

  /** Prints which files are in the database although one failed, and which are not. */
  async failed(): Promise<void> {
    const done = this.#paths.slice(0, this.#files.length);
    const missing = this.#paths.slice(this.#files.length);
    const imported = done.length > 0 ? `imported before the failure: ${listed(done)}; ` : '';
    await this.#ctx.output.warn(`${imported}not imported: ${listed(missing)}.`);
    await this.#sayHowToUndo();
    if (this.#ctx.output.structured) {
      await this.#ctx.output.one(this.#facts());
    }
  }

  async #sayHowToUndo(): Promise<void> {
    if (this.#files.some(({ import_id }) => import_id !== null)) {
      const command = `${this.#ctx.calledAs} datapoints imports`;
      await this.#ctx.output.say(`Undo one of them with ${command} undo ID; the ids are listed by ${command}`);
    }
  }

  #facts(): Row {
    return {
      files: this.#files,
      rows: this.#rows,
      seconds: Number(this.#seconds.toFixed(3)),
      not_imported: this.#paths.slice(this.#files.length),
      ...(this.#dryRun ? { dry_run: true } : {}),
    };
  }
}

/** Prints what was imported from several files, all or none. */
export async function reportTogether(ctx: Context, imported: Imported): Promise<void> {
  const { output } = ctx;
  const { files, notes } = imported.summary;
  for (const { name, rows } of files) {
    await output.say(`${name}: ${counted(rows, 'datapoint')}.`);
  }
  const { bad, ...facts } = factsOf(imported);
  const line = `${counted(files.length, 'file')}: ${sentencesOf(imported)}`;
  const all = { files: files.map(({ name, rows }) => ({ file: name, rows })), ...facts, not_imported: [] };
  await (isEmpty(imported)
    ? output.nothing(line, all)
    : output.done(imported.dryRun ? line : output.success(line), all));
  await sayNotes(ctx, notes);
  await sayHowToUndo(ctx, imported.kept);
}
