import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { oncePerRun } from '../support/once-per-run.ts';

/** Without network access, and without the settings of the developer. */
const ENVIRONMENT = {
  PATH: process.env.PATH,
  HOME: '/nonexistent',
  PIP_NO_CACHE_DIR: '1',
  PIP_CONFIG_FILE: '/dev/null',
};

/** A virtual environment in a folder, a copy of the run's, or `undefined` where this machine's Python cannot make one. */
export async function virtualEnvironment(folder: string): Promise<string | undefined> {
  const made = await oncePerRun('venv', (path) => {
    try {
      execFileSync('python3', ['-m', 'venv', path], { env: ENVIRONMENT, stdio: 'ignore' });
      execFileSync(join(path, 'bin', 'python'), ['-m', 'pip', '--version'], { env: ENVIRONMENT, stdio: 'ignore' });
    } catch {
      rmSync(path, { recursive: true, force: true });
      mkdirSync(path);
    }
  });
  cpSync(made, folder, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
  const python = join(folder, 'bin', 'python');
  return existsSync(python) ? python : undefined;
}

/**
 * A virtual environment without pip, with an installed package: its module is `code`, its plugins are entry points to objects of
 * that; `undefined` where this machine's Python cannot make one.
 */
export function environmentWith(folder: string, code: string, plugins: Record<string, string>): string | undefined {
  const python = join(folder, 'bin', 'python');
  let site: string;
  try {
    execFileSync('python3', ['-m', 'venv', '--without-pip', folder], { env: ENVIRONMENT, stdio: 'ignore' });
    site = pythonOutput(python, 'import sysconfig; print(sysconfig.get_path("purelib"))');
  } catch {
    return undefined;
  }
  const info = join(site, 'webmacs_described-1.0.dist-info');
  mkdirSync(info);
  writeFileSync(join(site, 'webmacs_described.py'), code);
  writeFileSync(join(info, 'METADATA'), 'Metadata-Version: 2.1\nName: webmacs-described\nVersion: 1.0\n');
  const points = Object.entries(plugins).map(([id, object]) => `${id} = webmacs_described:${object}\n`);
  writeFileSync(join(info, 'entry_points.txt'), `[webmacs.plugins]\n${points.join('')}`);
  return python;
}

/** Runs code in a Python and returns its output. */
export function pythonOutput(python: string, code: string): string {
  return execFileSync(python, ['-c', code], {
    env: ENVIRONMENT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim();
}

/**
 * Builds a wheel by pip: with setuptools, where this Python has one that can, else with a backend of Python's own zipfile.
 * Once per run.
 */
export async function buildWheel(python: string, version: string): Promise<string> {
  const out = await oncePerRun(`wheel-${version}`, (path) => {
    const project = `${path}.project`;
    mkdirSync(join(project, 'webmacs_real'), { recursive: true });
    writeFileSync(
      join(project, 'webmacs_real', '__init__.py'),
      `VERSION = "${version}"\n\n\nclass Plugin:\n    pass\n`,
    );
    writeFileSync(join(project, 'webmacs_real', 'größe, quoted.txt'), 'ä');
    writeFileSync(join(project, 'pyproject.toml'), pyproject(hasSetuptools(python), version));
    writeFileSync(join(project, 'backend.py'), BACKEND);
    const pip = [
      '-m',
      'pip',
      'wheel',
      '--quiet',
      '--no-deps',
      '--no-index',
      '--no-build-isolation',
      '-w',
      path,
      project,
    ];
    execFileSync(python, pip, { env: ENVIRONMENT, stdio: ['ignore', 'ignore', 'inherit'] });
  });
  return join(out, readdirSync(out).find((name) => name.endsWith('.whl')) ?? '');
}

function hasSetuptools(python: string): boolean {
  try {
    // Before 70.1 setuptools needs the package wheel.
    pythonOutput(
      python,
      'import setuptools\ntry:\n    import setuptools.command.bdist_wheel\nexcept ImportError:\n    import wheel',
    );
    return true;
  } catch {
    return false;
  }
}

function pyproject(setuptools: boolean, version: string): string {
  return `[build-system]
requires = []
${setuptools ? 'build-backend = "setuptools.build_meta"' : 'build-backend = "backend"\nbackend-path = ["."]'}

[project]
name = "Webmacs.Real"
version = "${version}"
requires-python = ">=3.8"

[project.entry-points."webmacs.plugins"]
real = "webmacs_real:Plugin"

[tool.setuptools]
packages = ["webmacs_real"]

[tool.setuptools.package-data]
webmacs_real = ["*.txt"]
`;
}

const BACKEND = `
import base64, csv, hashlib, io, pathlib, re, zipfile

TEXT = pathlib.Path("pyproject.toml").read_text()

def value(key):
    return re.search(key + ' = "(.*)"', TEXT).group(1)

def build_wheel(directory, config_settings=None, metadata_directory=None):
    version = value("version")
    info = f"webmacs_real-{version}.dist-info"
    files = {path.as_posix(): path.read_bytes() for path in sorted(pathlib.Path("webmacs_real").rglob("*")) if path.is_file()}
    files[f"{info}/METADATA"] = (
        f"Metadata-Version: 2.1\\nName: Webmacs.Real\\nVersion: {version}\\nRequires-Python: {value('requires-python')}\\n"
    ).encode()
    files[f"{info}/WHEEL"] = b"Wheel-Version: 1.0\\nGenerator: backend\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"
    files[f"{info}/entry_points.txt"] = b"[webmacs.plugins]\\nreal = webmacs_real:Plugin\\n"
    record = io.StringIO()
    writer = csv.writer(record)
    for name, content in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        writer.writerow([name, "sha256=" + digest, len(content)])
    writer.writerow([f"{info}/RECORD", "", ""])
    files[f"{info}/RECORD"] = record.getvalue().encode()
    wheel = f"webmacs_real-{version}-py3-none-any.whl"
    with zipfile.ZipFile(pathlib.Path(directory) / wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return wheel
`;
