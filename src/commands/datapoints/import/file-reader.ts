import type { Readable } from 'node:stream';
import type { ProgressBar } from '../../../cli/progress.ts';
import type { FoundFile } from '../../../files/find-files.ts';
import type { ImportProgress } from '../../../ingest/import-datapoints.ts';
import { openSource, type Source } from '../../../ingest/source.ts';
import type { NamedSource } from '../../../ingest/sources.ts';

/** Opens the files of a command one after the other, and shows how much of all of them has been read. */
export class FileReader {
  readonly #stdin: Readable;
  readonly #bar: Pick<ProgressBar, 'update'>;
  /** Of all files; NaN if one has none. */
  readonly #size: number;
  #source: Source | undefined;
  /** What was read of the files before. */
  #bytesRead = 0;
  #before = { rows: 0, bytes: 0 };
  #latest: ImportProgress = { rows: 0, bytes: 0 };

  constructor(files: readonly FoundFile[], stdin: Readable, bar: Pick<ProgressBar, 'update'>) {
    this.#stdin = stdin;
    this.#bar = bar;
    this.#size = files.reduce((sum, { size = Number.NaN }) => sum + size, 0);
  }

  sourceOf({ path }: FoundFile): NamedSource {
    const open = async () => {
      this.#bytesRead += this.#source?.position() ?? 0;
      this.#source = await openSource(path, this.#stdin);
      return this.#source.stream;
    };
    const again = path === '-' ? undefined : async () => (await openSource(path, this.#stdin)).stream;
    return { name: path, open, again };
  }

  /** Shows the progress of an import. */
  update(progress: ImportProgress): void {
    this.#latest = progress;
    const rows = this.#before.rows + progress.rows;
    const read = this.#bytesRead + (this.#source?.position() ?? 0);
    // An estimate, or none.
    const totalRows = read > 0 ? Math.round((rows * this.#size) / read) : 0;
    this.#bar.update({ rows, bytes: this.#before.bytes + progress.bytes, totalRows });
  }

  /** Adds the next import to those before it. */
  next(): void {
    const { rows, bytes } = this.#latest;
    this.#before = { rows: this.#before.rows + rows, bytes: this.#before.bytes + bytes };
    this.#latest = { rows: 0, bytes: 0 };
  }
}
