import type { EntityManager } from '@mikro-orm/postgresql';
import { InterruptedError, NotFoundError, WebmacsError } from '../errors.ts';
import type { PackagesLock } from './lock.ts';
import { normalizedName } from './package-name.ts';
import { type Journal, PackageTransaction } from './package-transaction.ts';
import { type ChildContext, type Installer, installedVersions } from './python.ts';
import { recover } from './recover.ts';

/** Where packages are stored and installed. */
export interface PluginTarget extends PackagesLock, ChildContext {
  /** The plugin directory, absolute. */
  directory: string;
  /** `undefined`: packages are only stored and recorded. */
  installer: Installer | undefined;
  /** Called before each slow step. */
  onProgress?(message: string): void;
}

/** The steps that differ between the changes of a package, in order. */
export interface Steps<T> {
  /** Changes Python. */
  python(installer: Installer, transaction: PackageTransaction): Promise<void>;
  /** Writes the row, in a database transaction of its own, after the file was published: this commits the change. */
  row(): Promise<T>;
}

/**
 * Changes Python, file and row of a package; if one of the steps fails, all are rolled back. A journal is written before
 * the first step. After a crash, the row decides whether the change is finished or rolled back. The lock must be held.
 */
export async function runPackageChange<T>(
  em: EntityManager,
  target: PluginTarget,
  planned: Omit<Journal, 'stage' | 'installer' | 'pythonBefore'>,
  wheel: Buffer | undefined,
  steps: Steps<T>,
): Promise<T> {
  const { directory, installer, signal } = target;
  const transaction = new PackageTransaction(directory);
  const pythonBefore = installer ? await versionInPython(installer, planned.package, target) : null;
  let journal: Journal = { ...planned, stage: 'prepared', installer: installer ?? null, pythonBefore };
  await transaction.begin(journal, wheel);
  let result: T;
  try {
    if (installer) {
      journal = await transaction.setStage(journal, 'python');
      await steps.python(installer, transaction).catch(async (error: unknown) => {
        // An installer that could not be started has changed nothing.
        if (error instanceof NotFoundError) {
          journal = await transaction.setStage(journal, 'prepared');
        }
        throw error;
      });
    }
    if (signal?.aborted) {
      throw new InterruptedError();
    }
    if (planned.to) {
      await transaction.publish(planned.to);
    }
    result = await steps.row();
  } catch (error) {
    throw await rollBack(em, target, error);
  }
  await transaction.finish(journal);
  return result;
}

/** Rolls a failed change back, and returns the error to throw. */
async function rollBack(em: EntityManager, target: PluginTarget, error: unknown): Promise<unknown> {
  try {
    target.onProgress?.('Rolling back …');
    // Without the signal: after Ctrl-C this still has to be done.
    const recovery = await recover(em, target.directory, { environment: target.environment }, 'strict');
    if (recovery?.outcome === 'finished') {
      return error;
    }
    const unchanged = 'File, record and Python are unchanged.';
    if (error instanceof InterruptedError) {
      return new InterruptedError(`Interrupted. ${unchanged}`);
    }
    return error instanceof WebmacsError && error.hint === undefined
      ? new WebmacsError(error.message, { hint: unchanged, cause: error })
      : error;
  } catch (second) {
    const why = (failure: unknown) => (failure instanceof Error ? failure.message : String(failure));
    return new WebmacsError(`${why(error)}\nThe rollback failed as well: ${why(second)}`, {
      hint: '"webmacs plugins verify" lists the differences; installing the package again repairs it.',
      cause: error,
    });
  }
}

/** @throws WebmacsError if Python does not answer, before anything is changed */
async function versionInPython(installer: Installer, name: string, target: PluginTarget): Promise<string | null> {
  try {
    return (await installedVersions(installer.python, target)).get(normalizedName(name)) ?? null;
  } catch (error) {
    // uv chooses the Python itself, perhaps another one.
    if (installer.tool === 'uv' && installer.python === null) {
      return null;
    }
    throw error;
  }
}
