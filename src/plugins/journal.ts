import { createHash } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { copyFile, link, lstat, mkdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileError } from '../files/file-error.ts';
import { syncFolder } from '../files/part-file.ts';
import { writeWhole } from '../files/whole-file.ts';
import type { Installer } from './python.ts';

/** The directory, within that of the plugins, that is there while a package is being changed. */
export const WORK_FOLDER = '.installing';
const JOURNAL = 'journal.json';
const BACKUP = 'previous';

/** A version of a package, and its wheel. */
export interface PackageFile {
  version: string;
  path: string;
  sha256: string;
}

/** What is being done to a package: enough to finish it, or to take it back, after the process that did it was killed. */
export interface Journal {
  action: 'install' | 'uninstall';
  package: string;
  /** Whether Python may have been touched. */
  stage: 'prepared' | 'python';
  to: PackageFile | null;
  previous: PackageFile | null;
  /** What Python had at the beginning, where that is known. */
  pythonBefore: string | null;
  installer: Installer | null;
}

/** The change of a package that is under way in a plugin directory, or that was interrupted there. */
export class Work {
  readonly directory: string;
  readonly #folder: string;

  constructor(directory: string) {
    this.directory = directory;
    this.#folder = join(directory, WORK_FOLDER);
  }

  /** What was left behind, where anything was; `undefined` in `journal` means that nothing had been begun yet. */
  async interrupted(): Promise<{ journal: Journal | undefined; ownerId: number } | undefined> {
    const there = await lstat(this.#folder).catch(() => undefined);
    if (!there) {
      return undefined;
    }
    const text = await readFile(join(this.#folder, JOURNAL), 'utf8').catch(() => '');
    try {
      // Written by this class, whole or not at all.
      return { journal: JSON.parse(text) as Journal, ownerId: there.uid };
    } catch {
      return { journal: undefined, ownerId: there.uid };
    }
  }

  /** Lays down the new wheel and the old one out of sight, and then the journal. */
  async begin(journal: Journal, wheel: Buffer | undefined): Promise<void> {
    try {
      // Not with its parents: a plugin directory that is not there may be misspelt.
      await mkdir(this.#folder, { mode: 0o700 });
      await mkdir(join(this.#folder, BACKUP));
      if (journal.to && wheel) {
        await writeWhole(this.staged(journal.to), wheel);
      }
      if (journal.previous && (await holds(journal.previous.path, journal.previous.sha256))) {
        await linkOrCopy(journal.previous.path, this.#backup(journal.previous));
      }
      await this.#write(journal);
    } catch (error) {
      // What went wrong first counts.
      await rm(this.#folder, { recursive: true, force: true }).catch(() => {});
      throw fileError(error, join(this.directory, basename(journal.to?.path ?? WORK_FOLDER)));
    }
  }

  /** Notes that Python is, or is not, about to be touched. */
  async enter(journal: Journal, stage: Journal['stage']): Promise<Journal> {
    const next = { ...journal, stage };
    await this.#write(next);
    return next;
  }

  /** The new wheel under its own name, which the installers want, before it is in its place. */
  staged({ path }: PackageFile): string {
    return join(this.#folder, basename(path));
  }

  /** Puts the new wheel in its place, in one step. */
  async publish(to: PackageFile): Promise<void> {
    await rename(this.staged(to), to.path).catch((error: unknown) => {
      throw fileError(error, to.path);
    });
    await syncFolder(this.directory);
  }

  /** Takes the new wheel away, and puts the old one back where it is not in its place. */
  async restore({ to, previous }: Journal): Promise<void> {
    if (previous && !(await holds(previous.path, previous.sha256))) {
      const backup = this.#backup(previous);
      if (await holds(backup, previous.sha256)) {
        await rename(backup, previous.path);
      }
    }
    if (to && to.path !== previous?.path && (await holds(to.path, to.sha256))) {
      await rm(to.path, { force: true });
    }
    await syncFolder(this.directory);
  }

  /** Takes the old wheel away, where the new one has another name, and what was needed to take it back. */
  async finish({ to, previous }: Journal): Promise<void> {
    if (previous && previous.path !== to?.path && dirname(previous.path) === this.directory) {
      await rm(previous.path, { force: true });
    }
    await this.clear();
  }

  async clear(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
    await syncFolder(this.directory);
  }

  #backup({ path }: PackageFile): string {
    return join(this.#folder, BACKUP, basename(path));
  }

  async #write(journal: Journal): Promise<void> {
    await writeWhole(join(this.#folder, JOURNAL), `${JSON.stringify(journal, undefined, 2)}\n`);
  }
}

/** Whether a file is there and has this SHA-256. */
export async function holds(path: string, sha256: string): Promise<boolean> {
  return (await sha256Of(path)) === sha256;
}

/** The SHA-256 of a file, or `undefined` where there is none that can be read. */
export async function sha256Of(path: string): Promise<string | undefined> {
  const there = await stat(path).catch(() => undefined);
  if (!there?.isFile()) {
    return undefined;
  }
  const hash = createHash('sha256');
  try {
    for await (const piece of createReadStream(path)) {
      hash.update(piece);
    }
  } catch {
    return undefined;
  }
  return hash.digest('hex');
}

async function linkOrCopy(from: string, to: string): Promise<void> {
  // The old file may lie on another file system, or on one without links.
  await link(from, to).catch(() => copyFile(from, to, constants.COPYFILE_EXCL));
}
