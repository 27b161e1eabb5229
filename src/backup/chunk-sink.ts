import type { RowSink } from '../database/copy-out.ts';
import type { Range } from '../transfer/ranges.ts';
import type { Archive } from './archive.ts';
import { Content } from './content.ts';
import { type Chunk, chunkName, sha256 } from './manifest.ts';

/** Rows of any width: a chunk is this large at most, or one row. */
const CHUNK_BYTES = 8 * 1024 * 1024;
const USUAL_BYTES = 5 * 1024 * 1024;

/** Puts the rows of ranges into chunks, and these into an archive: one is filled while another is compressed and written. */
export class ChunkSink implements RowSink {
  readonly #archive: Archive;
  readonly #written: (chunk: Chunk) => void;
  readonly #failed: (error: unknown) => void;
  readonly #spare = [new Content(USUAL_BYTES), new Content(USUAL_BYTES)];
  #filling: Content | undefined;
  #adding: Promise<void> = Promise.resolve();
  #range: Range | undefined;
  #part = 0;
  #rows = 0;

  /**
   * @param written called for each chunk, in the order of the archive
   * @param failed called if the archive fails: reading then has to be ended
   */
  constructor(archive: Archive, written: (chunk: Chunk) => void, failed: (error: unknown) => void) {
    this.#archive = archive;
    this.#written = written;
    this.#failed = failed;
  }

  begin(range: Range): void {
    this.#range = range;
    this.#part = 0;
  }

  row(bytes: Buffer, start: number, end: number): void {
    if (this.#rows > 0 && (this.#filling?.length ?? 0) + end - start > CHUNK_BYTES) {
      this.#flush();
    }
    this.#filling ??= this.#spare.pop() ?? new Content(USUAL_BYTES);
    this.#filling.append(bytes, start, end);
    this.#rows += 1;
  }

  room(): Promise<void> | undefined {
    return this.#filling === undefined && this.#spare.length === 0 ? this.#adding : undefined;
  }

  /** Ends a range; resolves when there is room for the next. */
  async end(): Promise<void> {
    if (this.#rows > 0) {
      this.#flush();
    }
    await this.room();
  }

  /** Resolves when all is written. */
  async done(): Promise<void> {
    await this.#adding;
  }

  #flush(): void {
    const [content, range, rows, part] = [this.#filling, this.#range, this.#rows, this.#part];
    if (content && range) {
      this.#filling = undefined;
      this.#rows = 0;
      this.#part += 1;
      const { table } = range;
      this.#adding = this.#adding.then(async () => {
        const chunk = { name: chunkName(table, range.number, part), table, rows, bytes: content.length };
        const whole = { ...chunk, sha256: sha256(content.bytes) };
        await this.#archive.add(chunk.name, content, () => this.#written(whole));
        content.clear();
        this.#spare.push(content);
      });
      this.#adding.catch(this.#failed);
    }
  }
}
