import { createHash } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { copyFile, link, lstat, mkdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileError } from '../files/file-error.ts';
import { syncFolder } from '../files/part-file.ts';
import { writeWhole } from '../files/whole-file.ts';
import type { Installer } from './python.ts';

/** The directory, inside the plugin directory, that exists during the change of a package. */
export const TRANSACTION_FOLDER = '.installing';
const JOURNAL = 'journal.json';
const BACKUP = 'previous';

/** The wheel of a package version. */
export interface PackageFile {
  version: string;
  path: string;
  sha256: string;
}

/** Describes the change of a package, so that it can be finished or rolled back after a crash. */
export interface Journal {
  action: 'install' | 'uninstall';
  package: string;
  /** `python`: Python may have been changed. */
  stage: 'prepared' | 'python';
  to: PackageFile | null;
  previous: PackageFile | null;
  /** The version in Python before the change, if known. */
  pythonBefore: string | null;
  installer: Installer | null;
}

/** A running or interrupted change of a package in a plugin directory. */
export class PackageTransaction {
  readonly directory: string;
  readonly #folder: string;

  constructor(directory: string) {
    this.directory = directory;
    this.#folder = join(directory, TRANSACTION_FOLDER);
  }

  /** Finds an interrupted change. Without a `journal`, nothing was changed yet. */
  async interrupted(): Promise<{ journal: Journal | undefined; ownerId: number } | undefined> {
    const stats = await lstat(this.#folder).catch(() => undefined);
    if (!stats) {
      return undefined;
    }
    const text = await readFile(join(this.#folder, JOURNAL), 'utf8').catch(() => '');
    try {
      // Written atomically by this class.
      return { journal: JSON.parse(text) as Journal, ownerId: stats.uid };
    } catch {
      return { journal: undefined, ownerId: stats.uid };
    }
  }

  /** Stages the new wheel, backs up the old one, and then writes the journal. */
  async begin(journal: Journal, wheel: Buffer | undefined): Promise<void> {
    try {
      // Not recursive: a missing plugin directory may be a typo.
      await mkdir(this.#folder, { mode: 0o700 });
      await mkdir(join(this.#folder, BACKUP));
      if (journal.to && wheel) {
        await writeWhole(this.staged(journal.to), wheel);
      }
      if (journal.previous && (await hasSha256(journal.previous.path, journal.previous.sha256))) {
        await linkOrCopy(journal.previous.path, this.#backup(journal.previous));
      }
      await this.#write(journal);
    } catch (error) {
      // The first error is the one to report.
      await rm(this.#folder, { recursive: true, force: true }).catch(() => {});
      throw fileError(error, join(this.directory, basename(journal.to?.path ?? TRANSACTION_FOLDER)));
    }
  }

  /** Records whether Python is about to be changed. */
  async setStage(journal: Journal, stage: Journal['stage']): Promise<Journal> {
    const next = { ...journal, stage };
    await this.#write(next);
    return next;
  }

  /** Returns the path of the staged wheel. It has its own name, because installers require that. */
  staged({ path }: PackageFile): string {
    return join(this.#folder, basename(path));
  }

  /** Moves the staged wheel to its final path, atomically. */
  async publish(to: PackageFile): Promise<void> {
    await rename(this.staged(to), to.path).catch((error: unknown) => {
      throw fileError(error, to.path);
    });
    await syncFolder(this.directory);
  }

  /** Removes the new wheel, and restores the old one. */
  async restore({ to, previous }: Journal): Promise<void> {
    if (previous && !(await hasSha256(previous.path, previous.sha256))) {
      const backup = this.#backup(previous);
      if (await hasSha256(backup, previous.sha256)) {
        await rename(backup, previous.path);
      }
    }
    if (to && to.path !== previous?.path && (await hasSha256(to.path, to.sha256))) {
      await rm(to.path, { force: true });
    }
    await syncFolder(this.directory);
  }

  /** Removes the old wheel, if the new one has another name, and the backup. */
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

/** Whether a file exists and has this SHA-256. */
export async function hasSha256(path: string, sha256: string): Promise<boolean> {
  return (await sha256Of(path)) === sha256;
}

/** Computes the SHA-256 of a file; `undefined` if it cannot be read. */
export async function sha256Of(path: string): Promise<string | undefined> {
  const hash = createHash('sha256');
  try {
    if (!(await stat(path)).isFile()) {
      return undefined;
    }
    for await (const piece of createReadStream(path)) {
      hash.update(piece);
    }
  } catch {
    return undefined;
  }
  return hash.digest('hex');
}

async function linkOrCopy(from: string, to: string): Promise<void> {
  // The old file may be on another file system, or on one without hard links.
  await link(from, to).catch(() => copyFile(from, to, constants.COPYFILE_EXCL));
}
