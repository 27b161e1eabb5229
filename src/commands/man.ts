import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from '../cli/command.ts';
import type { Context } from '../cli/context.ts';
import { manPage } from '../cli/man-page.ts';
import { write } from '../cli/streams.ts';
import { withoutSecrets } from '../environment.ts';
import { WebmacsError } from '../errors.ts';
import { VERSION } from '../version.ts';

export function declareMan(parent: Command, ctx: Context): void {
  parent
    .runs(ctx, async () => await showManual(ctx, await wholeProgram(parent.parent as Command)))
    .examples(
      ['webmacs man'],
      [
        'webmacs man > ~/.local/share/man/man1/webmacs.1',
        'so that "man webmacs" finds it; npm install -g does so itself',
      ],
    );
}

async function wholeProgram(program: Command): Promise<Command> {
  for (const noun of program.commands) {
    await noun.loaded();
  }
  return program;
}

/** Shows the manual by `man` on a terminal, and prints its source elsewhere. */
async function showManual({ streams, environment }: Context, program: Command): Promise<void> {
  const page = manPage(program, VERSION);
  if (!streams.stdoutIsTerminal) {
    return await write(streams.stdout, page);
  }
  const folder = await mkdtemp(join(tmpdir(), 'webmacs-man-'));
  try {
    await writeFile(join(folder, 'webmacs.1'), page);
    const child = spawn('man', [join(folder, 'webmacs.1')], {
      env: withoutSecrets(environment),
      stdio: 'inherit',
    });
    streams.isPaged = true;
    await once(child, 'close').catch((error) => {
      throw new WebmacsError(`man cannot be run: ${error.message}.`, { hint: 'Install man, or use "webmacs help".' });
    });
  } finally {
    streams.isPaged = false;
    rmSync(folder, { recursive: true });
  }
}
