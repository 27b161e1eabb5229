import { resolve, sep } from 'node:path';
import { InvalidInputError, WebmacsError } from '../errors.ts';
import { ChildFailure, type ChildOptions, runChild } from './child-process.ts';
import { normalisedName } from './package-name.ts';

/** The Python of the controller, and the tool that installs into it. */
export interface Installer {
  tool: 'uv' | 'pip';
  /** Its interpreter; `null` for the one that the tool finds itself. */
  python: string | null;
}

/** What a child needs besides its arguments. */
export type Surroundings = Pick<ChildOptions, 'environment' | 'signal'>;

const INSTALL_SECONDS = 600;
const QUESTION_SECONDS = 60;
const DEFAULT_PYTHON = process.platform === 'win32' ? 'python' : 'python3';

/** uv where it exists, as the server prefers it, else pip. */
export async function installerFor(python: string | undefined, surroundings: Surroundings): Promise<Installer> {
  try {
    await runChild('uv', ['--version'], { ...surroundings, timeoutSeconds: QUESTION_SECONDS });
    return { tool: 'uv', python: python === undefined ? null : pythonPath(python) };
  } catch (error) {
    if (error instanceof WebmacsError && surroundings.signal?.aborted) {
      throw error;
    }
    return { tool: 'pip', python: python === undefined ? null : pythonPath(python) };
  }
}

/** A Python as it is called from anywhere; a name without a directory is one of the PATH. */
export function pythonPath(given: string): string {
  return given.includes('/') || given.includes(sep) ? resolve(given) : given;
}

/**
 * Installs a wheel, and nothing that it depends on, in place of whatever version is there.
 * @throws WebmacsError with what the tool printed
 */
export async function installWheel(installer: Installer, wheel: string, surroundings: Surroundings): Promise<void> {
  const { tool, python } = installer;
  await run(
    installer,
    tool === 'uv'
      ? [
          'pip',
          'install',
          ...(python === null ? ['--system'] : ['--python', python]),
          '--no-deps',
          '--reinstall',
          wheel,
        ]
      : ['-m', 'pip', 'install', '--no-input', '--disable-pip-version-check', '--no-deps', '--force-reinstall', wheel],
    surroundings,
  );
}

/**
 * Removes a package; one that is not there is removed already.
 * @throws WebmacsError with what the tool printed
 */
export async function uninstallPackage(installer: Installer, name: string, surroundings: Surroundings): Promise<void> {
  const { tool, python } = installer;
  await run(
    installer,
    tool === 'uv'
      ? ['pip', 'uninstall', ...(python === null ? ['--system'] : ['--python', python]), name]
      : ['-m', 'pip', 'uninstall', '--no-input', '--disable-pip-version-check', '--yes', name],
    surroundings,
  );
}

const VERSIONS = `
import json
from importlib.metadata import distributions
print(json.dumps([[d.metadata["Name"], d.version] for d in distributions() if d.metadata["Name"]]))
`;

/**
 * The versions of all packages of a Python, by normalised name.
 * @throws WebmacsError where it does not answer
 */
export async function installedVersions(
  python: string | null,
  surroundings: Surroundings,
): Promise<ReadonlyMap<string, string>> {
  const command = python ?? DEFAULT_PYTHON;
  // Without the current directory on its path, whose packages are not installed.
  const args = ['-I', '-c', VERSIONS];
  let answer: unknown;
  try {
    const { stdout } = await runChild(command, args, { ...surroundings, timeoutSeconds: QUESTION_SECONDS });
    answer = JSON.parse(stdout);
  } catch (cause) {
    if (cause instanceof WebmacsError && !(cause instanceof ChildFailure)) {
      throw cause;
    }
    const why = cause instanceof ChildFailure ? ` ${cause.message}` : '';
    throw new InvalidInputError(`${command} does not answer as a Python 3.8 or newer does.${why}`, {
      hint: 'Name the Python of the controller with --python PATH.',
      cause,
    });
  }
  const versions = new Map<string, string>();
  for (const pair of Array.isArray(answer) ? answer : []) {
    const [name, version]: unknown[] = Array.isArray(pair) ? pair : [];
    // Where a package is there twice, the first is the one that is imported.
    if (typeof name === 'string' && typeof version === 'string' && !versions.has(normalisedName(name))) {
      versions.set(normalisedName(name), version);
    }
  }
  return versions;
}

async function run({ tool, python }: Installer, args: string[], surroundings: Surroundings): Promise<void> {
  const command = tool === 'uv' ? 'uv' : (python ?? DEFAULT_PYTHON);
  await runChild(command, args, { ...surroundings, timeoutSeconds: INSTALL_SECONDS });
}
