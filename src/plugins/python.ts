import { resolve, sep } from 'node:path';
import { InvalidInputError, WebmacsError } from '../errors.ts';
import { ChildFailure, type ChildOptions, runChild } from './child-process.ts';
import { checkPackageName, normalizedName } from './package-name.ts';

/** A tool that installs packages into the Python of the controller. */
export interface Installer {
  tool: 'uv' | 'pip';
  /** The interpreter; `null` for the default of the tool. */
  python: string | null;
}

/** The context of a child process. */
export type ChildContext = Pick<ChildOptions, 'environment' | 'signal'>;

const INSTALL_SECONDS = 600;
const QUERY_SECONDS = 60;
const DEFAULT_PYTHON = process.platform === 'win32' ? 'python' : 'python3';

/** Returns uv if it exists, as the server prefers it, else pip. */
export async function installerFor(python: string | undefined, context: ChildContext): Promise<Installer> {
  const path = python === undefined ? null : pythonPath(python);
  try {
    await runChild('uv', ['--version'], { ...context, timeoutSeconds: QUERY_SECONDS });
    return { tool: 'uv', python: path };
  } catch (error) {
    if (error instanceof WebmacsError && context.signal?.aborted) {
      throw error;
    }
    return { tool: 'pip', python: path };
  }
}

/** Makes the path of a Python absolute; a name without a directory is looked up in PATH. */
export function pythonPath(given: string): string {
  return given.includes('/') || given.includes(sep) ? resolve(given) : given;
}

/**
 * Installs a wheel without its dependencies, replacing any installed version.
 * @throws WebmacsError with the output of the tool
 */
export async function installWheel(installer: Installer, wheel: string, context: ChildContext): Promise<void> {
  const args =
    installer.tool === 'uv'
      ? ['--no-deps', '--reinstall', '--', wheel]
      : ['--no-deps', '--force-reinstall', '--', wheel];
  await runTool(installer, 'install', args, context);
}

/**
 * Removes a package; a missing one is not an error.
 * @throws InvalidInputError for an invalid name; WebmacsError with the output of the tool
 */
export async function uninstallPackage(installer: Installer, name: string, context: ChildContext): Promise<void> {
  checkPackageName(name);
  await runTool(installer, 'uninstall', installer.tool === 'uv' ? ['--', name] : ['--yes', '--', name], context);
}

const VERSIONS = `
import json
from importlib.metadata import distributions
print(json.dumps([[d.metadata["Name"], d.version] for d in distributions() if d.metadata["Name"]]))
`;

/**
 * Returns the versions of all packages of a Python, by normalized name.
 * @throws WebmacsError if it does not answer
 */
export async function installedVersions(
  python: string | null,
  context: ChildContext,
): Promise<ReadonlyMap<string, string>> {
  const answer = await ask(python ?? DEFAULT_PYTHON, VERSIONS, context);
  const versions = new Map<string, string>();
  for (const pair of Array.isArray(answer) ? answer : []) {
    const [name, version]: unknown[] = Array.isArray(pair) ? pair : [];
    // If a package is listed twice, the first one is imported.
    if (typeof name === 'string' && typeof version === 'string' && !versions.has(normalizedName(name))) {
      versions.set(normalizedName(name), version);
    }
  }
  return versions;
}

/**
 * Returns the version of a Python, such as `3.11.7`.
 * @throws WebmacsError if it does not answer
 */
export async function pythonVersion(python: string, context: ChildContext): Promise<string> {
  return String(await ask(python, 'import json, platform; print(json.dumps(platform.python_version()))', context));
}

/** Runs a program that prints JSON. */
async function ask(python: string, program: string, context: ChildContext): Promise<unknown> {
  try {
    // -I keeps the current directory, whose packages are not installed, off the path.
    const { stdout } = await runChild(python, ['-I', '-c', program], { ...context, timeoutSeconds: QUERY_SECONDS });
    return JSON.parse(stdout);
  } catch (cause) {
    if (cause instanceof WebmacsError && !(cause instanceof ChildFailure)) {
      throw cause;
    }
    const why = cause instanceof ChildFailure ? ` ${cause.message}` : '';
    throw new InvalidInputError(`${python} does not answer like Python 3.8 or later.${why}`, {
      hint: 'Pass the Python of the controller with --python PATH.',
      cause,
    });
  }
}

async function runTool(
  { tool, python }: Installer,
  verb: 'install' | 'uninstall',
  args: string[],
  context: ChildContext,
): Promise<void> {
  const [command, ...before] =
    tool === 'uv'
      ? ['uv', 'pip', verb, ...(python === null ? ['--system'] : ['--python', python])]
      : [python ?? DEFAULT_PYTHON, '-m', 'pip', verb, '--no-input', '--disable-pip-version-check'];
  await runChild(command, [...before, ...args], { ...context, timeoutSeconds: INSTALL_SECONDS });
}
