import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Run, RunOptions } from '../support/program.ts';
import type { Site } from '../support/site.ts';
import { type FakePython, fakePython } from './fake-python.ts';
import { type WheelParts, wheelIn } from './wheel.ts';

/** A plugin directory with its own Python, on a site. */
export interface PluginDirectory {
  plugins: string;
  python: FakePython;
  /** The names of all files in the plugin directory. */
  files(): string[];
  /** Writes a wheel to be installed, and returns its path. */
  wheel(parts: WheelParts): string;
  /** Runs a command of plugins with this Python, unless `--no-pip` is among its words. */
  run(...words: string[]): Promise<Run>;
  /** Runs verify and returns the problems that it finds. */
  problems(...words: string[]): Promise<{ code: number | null; problems: string[] }>;
  options: RunOptions;
}

let count = 0;

export function aPluginDirectory(site: Site, folder: string): PluginDirectory {
  const root = join(folder, `plugins-${count++}`);
  const [plugins, inbox] = [join(root, 'plugins'), join(root, 'inbox')];
  for (const path of [plugins, inbox]) {
    mkdirSync(path, { recursive: true });
  }
  const python = fakePython(join(root, 'python'));
  const options = { env: { WEBMACS_PLUGIN_DIR: plugins } };
  const withPython = (words: string[]) => (words.includes('--no-pip') ? words : [...words, '--python', python.path]);
  const run = async (...words: string[]) => await site.run(['plugins', ...withPython(words)], options);
  return {
    plugins,
    python,
    files: () => readdirSync(plugins).sort(),
    wheel: (parts) => wheelIn(inbox, parts),
    run,
    problems: async (...words) => {
      const { code, stdout } = await run('verify', ...words, '--json');
      return { code, problems: JSON.parse(stdout).map(({ problem }: { problem: string }) => problem) };
    },
    options,
  };
}
