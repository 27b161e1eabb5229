import type { EntityManager } from '@mikro-orm/postgresql';
import { InterruptedError, NotFoundError, WebmacsError } from '../errors.ts';
import { type Journal, Work } from './journal.ts';
import type { PackagesLock } from './lock.ts';
import { normalisedName } from './package-name.ts';
import { type Installer, installedVersions, type Surroundings } from './python.ts';
import { recover } from './recover.ts';

/** Where packages are kept and installed, and what a change needs from its surroundings. */
export interface PackagesPlace extends PackagesLock, Surroundings {
  /** The plugin directory, absolute. */
  directory: string;
  /** `undefined`: packages are filed and recorded only. */
  installer: Installer | undefined;
  /** Told what takes longer than a moment. */
  onProgress?(message: string): void;
}

/** The three steps of a change, in the order that they are taken in; file and row change one right after the other. */
export interface Steps<T> {
  /** Changes Python. */
  python(installer: Installer, work: Work): Promise<void>;
  /** Puts the file in its place. */
  file(work: Work): Promise<void>;
  /** Writes the row, in a transaction of its own: the change counts from here on. */
  row(): Promise<T>;
}

/**
 * Changes Python, file and row of a package, or, where one of the three fails, none. Before the first step a journal is on
 * the disk that says how to go back; the row decides whether a change that was cut off counts. The lock must be held.
 */
export async function change<T>(
  em: EntityManager,
  place: PackagesPlace,
  planned: Omit<Journal, 'stage' | 'installer' | 'pythonBefore'>,
  wheel: Buffer | undefined,
  steps: Steps<T>,
): Promise<T> {
  const { directory, installer, signal } = place;
  const work = new Work(directory);
  const pythonBefore = installer ? await versionInPython(installer, planned.package, place) : null;
  let journal: Journal = { ...planned, stage: 'prepared', installer: installer ?? null, pythonBefore };
  await work.begin(journal, wheel);
  let result: T;
  try {
    if (installer) {
      journal = await work.enter(journal, 'python');
      await steps.python(installer, work).catch(async (error: unknown) => {
        // What could not be started has touched nothing.
        if (error instanceof NotFoundError) {
          journal = await work.enter(journal, 'prepared');
        }
        throw error;
      });
    }
    if (signal?.aborted) {
      throw new InterruptedError();
    }
    await steps.file(work);
    result = await steps.row();
  } catch (error) {
    throw await takenBack(em, place, error);
  }
  await work.finish(journal);
  return result;
}

async function takenBack(em: EntityManager, place: PackagesPlace, error: unknown): Promise<unknown> {
  try {
    place.onProgress?.('Taking it back …');
    // Also after Ctrl-C: it is what Ctrl-C is waiting for.
    const recovery = await recover(em, place.directory, { environment: place.environment }, 'strict');
    if (recovery?.outcome === 'finished') {
      return error;
    }
    const asBefore = 'File, record and Python are as they were before.';
    if (error instanceof InterruptedError) {
      return new InterruptedError(`Interrupted. ${asBefore}`);
    }
    return error instanceof WebmacsError && error.hint === undefined
      ? new WebmacsError(error.message, { hint: asBefore, cause: error })
      : error;
  } catch (second) {
    const why = (failure: unknown) => (failure instanceof Error ? failure.message : String(failure));
    return new WebmacsError(`${why(error)}\nTaking it back failed as well: ${why(second)}`, {
      hint: '"webmacs plugins verify" says what is off; installing again puts it right.',
      cause: error,
    });
  }
}

/** @throws WebmacsError where the Python does not answer, before anything is touched */
async function versionInPython(installer: Installer, name: string, place: PackagesPlace): Promise<string | null> {
  try {
    return (await installedVersions(installer.python, place)).get(normalisedName(name)) ?? null;
  } catch (error) {
    // Which Python it installs into is uv's own choice.
    if (installer.tool === 'uv' && installer.python === null) {
      return null;
    }
    throw error;
  }
}
