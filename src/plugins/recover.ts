import { join } from 'node:path';
import type { EntityManager } from '@mikro-orm/postgresql';
import { ConflictError, WebmacsError } from '../errors.ts';
import { type Journal, WORK_FOLDER, Work } from './journal.ts';
import { normalisedName } from './package-name.ts';
import { type PackageRow, packageNamed } from './packages.ts';
import { installedVersions, installWheel, type Surroundings, uninstallPackage } from './python.ts';
import { sameVersion } from './version.ts';

/** What became of a change that was interrupted. */
export interface Recovery {
  package: string;
  /** `Install of demo 1.1` or the like. */
  what: string;
  outcome: 'finished' | 'taken back';
  /** Why Python is not as it was before, where it is not. */
  pythonFailure?: string;
}

/**
 * Puts right what an interrupted change left behind: the row decides. Where it has the new state, the change is finished;
 * where it has not, file and Python go back to what the row says. The lock must be held.
 * @returns what was done, or `undefined` where there was nothing to do
 * @param mode `strict`: where Python cannot be put back, the journal stays; `lenient`: the failure is part of what is
 * returned, so that a Python that is gone for good does not stand in the way of the next change
 * @throws ConflictError where another user left it; WebmacsError where Python could not be put back, if `strict`
 */
export async function recover(
  em: EntityManager,
  directory: string,
  surroundings: Surroundings,
  mode: 'strict' | 'lenient',
): Promise<Recovery | undefined> {
  const work = new Work(directory);
  const left = await work.interrupted();
  if (!left) {
    return undefined;
  }
  const { journal, ownerId } = left;
  // A journal names files to replace and a program to run: another user's word is not taken for that.
  if (process.getuid && ownerId !== process.getuid()) {
    throw new ConflictError(`A change in ${directory} was interrupted, by another user (number ${ownerId}).`, {
      hint: `Run the command as that user, or look at ${join(directory, WORK_FOLDER)} and remove it.`,
    });
  }
  if (!journal) {
    await work.clear();
    return undefined;
  }
  const recovery = { package: journal.package, what: describe(journal) };
  if (isCommitted(journal, await packageNamed(em, journal.package))) {
    await work.finish(journal);
    return { ...recovery, outcome: 'finished' };
  }
  await work.restore(journal);
  const failure = await restorePython(journal, surroundings).catch((error: unknown) => {
    if (mode === 'strict' || surroundings.signal?.aborted || !(error instanceof WebmacsError)) {
      throw error;
    }
    return { pythonFailure: error.message };
  });
  await work.clear();
  return { ...recovery, outcome: 'taken back', ...failure };
}

/** `Install of demo 1.1`. */
export function describe({ action, package: name, to, previous }: Journal): string {
  return `${action} of ${name} ${to?.version ?? previous?.version ?? ''}`.trim();
}

function isCommitted({ action, to }: Journal, row: PackageRow | undefined): boolean {
  return action === 'uninstall' ? row === undefined : row?.fileHashSha256 === to?.sha256 && row?.filePath === to?.path;
}

async function restorePython(journal: Journal, surroundings: Surroundings): Promise<void> {
  const { installer, stage, previous, to, pythonBefore } = journal;
  if (!installer || stage === 'prepared') {
    return;
  }
  const versions = await installedVersions(installer.python, surroundings).catch(() => undefined);
  const now = versions?.get(normalisedName(journal.package));
  if (previous) {
    try {
      return await installWheel(installer, previous.path, surroundings);
    } catch (error) {
      // The tool may have put it back itself; that shows only where the two versions differ.
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
      `Python had ${journal.package} ${pythonBefore} from elsewhere, and has ${now ?? 'none'} now.`,
      { hint: `Put ${pythonBefore} back by hand, or install a wheel of it.` },
    );
  }
  await uninstallPackage(installer, journal.package, surroundings);
}
