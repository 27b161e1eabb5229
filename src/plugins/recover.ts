import { join } from 'node:path';
import type { EntityManager } from '@mikro-orm/postgresql';
import { ConflictError, WebmacsError } from '../errors.ts';
import { normalizedName } from './package-name.ts';
import { type Journal, PackageTransaction, TRANSACTION_FOLDER } from './package-transaction.ts';
import { findPackage, type PackageRow } from './packages.ts';
import { type ChildContext, installedVersions, installWheel, uninstallPackage } from './python.ts';
import { sameVersion } from './version.ts';

/** How an interrupted change was completed. */
export interface Recovery {
  package: string;
  /** Such as `install of demo 1.1`. */
  what: string;
  outcome: 'finished' | 'rolled back';
  /** Why Python could not be restored. */
  pythonFailure?: string;
}

/**
 * Completes an interrupted change: if the row has the new state, the change is finished; otherwise file and Python are
 * rolled back. The lock must be held.
 * @param mode `strict`: if Python cannot be restored, the journal stays; `lenient`: the failure is returned, so that a
 * missing Python does not block the next change
 * @returns what was done; `undefined` if there was no interrupted change
 * @throws ConflictError if it belongs to another user; WebmacsError if Python could not be restored, in `strict` mode
 */
export async function recover(
  em: EntityManager,
  directory: string,
  context: ChildContext,
  mode: 'strict' | 'lenient',
): Promise<Recovery | undefined> {
  const transaction = new PackageTransaction(directory);
  const interrupted = await transaction.interrupted();
  if (!interrupted) {
    return undefined;
  }
  const { journal, ownerId } = interrupted;
  // A journal names files to replace and a program to run: one of another user is not trusted.
  if (process.getuid && ownerId !== process.getuid()) {
    throw new ConflictError(`A change in ${directory} by another user (uid ${ownerId}) was interrupted.`, {
      hint: `Run the command as that user, or check ${join(directory, TRANSACTION_FOLDER)} and remove it.`,
    });
  }
  if (!journal) {
    await transaction.clear();
    return undefined;
  }
  const recovery = { package: journal.package, what: describe(journal) };
  if (isCommitted(journal, await findPackage(em, journal.package))) {
    await transaction.finish(journal);
    return { ...recovery, outcome: 'finished' };
  }
  await transaction.restore(journal);
  const failure = await restorePython(journal, context).catch((error: unknown) => {
    if (mode === 'strict' || context.signal?.aborted || !(error instanceof WebmacsError)) {
      throw error;
    }
    return { pythonFailure: error.message };
  });
  await transaction.clear();
  return { ...recovery, outcome: 'rolled back', ...failure };
}

/** Returns `install of demo 1.1`. */
export function describe({ action, package: name, to, previous }: Journal): string {
  return `${action} of ${name} ${to?.version ?? previous?.version ?? ''}`.trim();
}

function isCommitted({ action, to }: Journal, row: PackageRow | undefined): boolean {
  return action === 'uninstall' ? row === undefined : row?.fileHashSha256 === to?.sha256 && row?.filePath === to?.path;
}

async function restorePython(journal: Journal, context: ChildContext): Promise<void> {
  const { installer, stage, previous, to, pythonBefore } = journal;
  if (!installer || stage === 'prepared') {
    return;
  }
  const versions = await installedVersions(installer.python, context).catch(() => undefined);
  const now = versions?.get(normalizedName(journal.package));
  if (previous) {
    try {
      return await installWheel(installer, previous.path, context);
    } catch (error) {
      // The tool may have restored it itself; that is visible only if the versions differ.
      if (now !== undefined && sameVersion(now, previous.version) && to?.version !== previous.version) {
        return;
      }
      throw error;
    }
  }
  if (versions && now === (pythonBefore ?? undefined)) {
    return;
  }
  if (pythonBefore !== null) {
    throw new WebmacsError(
      `Python had ${journal.package} ${pythonBefore} from another source, and now has ${now ?? 'none'}.`,
      { hint: `Reinstall ${pythonBefore} manually, or install a wheel of it.` },
    );
  }
  await uninstallPackage(installer, journal.package, context);
}
