import type { Readable } from 'node:stream';
import type { Progress } from '../../../cli/progress.ts';
import type { FoundFile } from '../../../files/find-files.ts';
import type { ImportProgress } from '../../../ingest/import-datapoints.ts';
import { openSource, type Source } from '../../../ingest/source.ts';
import type { NamedSource } from '../../../ingest/sources.ts';

/** Opens the files of a command one after the other, and knows how much of all of them has been read. */
export class FileReader {
  readonly #stdin: Readable;
  /** Of all files; NaN if one has none. */
  readonly #size: number;
  #source: Source | undefined;
  /** What was read of the files before. */
  #bytesRead = 0;
  #before = { rows: 0, bytes: 0 };
  #latest: ImportProgress = { rows: 0, bytes: 0 };

  constructor(files: readonly FoundFile[], stdin: Readable) {
    this.#stdin = stdin;
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

  /** Returns the progress over all files, given that of an import. */
  progressOf(progress: ImportProgress): Progress {
    this.#latest = progress;
    const rows = this.#before.rows + progress.rows;
    const read = this.#bytesRead + (this.#source?.position() ?? 0);
    // An estimate, or none.
    const totalRows = read > 0 ? Math.round((rows * this.#size) / read) : 0;
    return { rows, bytes: this.#before.bytes + progress.bytes, totalRows };
  }

  /** Adds the next import to those before it. */
  next(): void {
    const { rows, bytes } = this.#latest;
    this.#before = { rows: this.#before.rows + rows, bytes: this.#before.bytes + bytes };
    this.#latest = { rows: 0, bytes: 0 };
  }
}
