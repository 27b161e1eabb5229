import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { PROGRAM } from '../support/paths.ts';
import { compare, type Figure, type Settings, timed } from './measure.ts';

/** Measures the cost of starting the embedded server for a command and stopping it afterwards. */
export async function embeddedFigures({ directory, runs }: Settings): Promise<Figure[]> {
  const home = join(directory, 'embedded');
  mkdirSync(home);
  // For root the server runs as another user, which needs access.
  chmodSync(home, 0o711);
  const webmacs = (...words: string[]) =>
    timed(process.execPath, [PROGRAM, ...words, '-q'], { DATABASE_URL: '', WEBMACS_DATA_DIR: join(home, 'server') });
  await webmacs('db', 'migrate');
  return [
    await compare(
      '`users list`, embedded server stopped',
      'the same, server running',
      runs,
      () => webmacs('users', 'list'),
      async () => {
        await webmacs('db', 'start');
        const measured = await webmacs('users', 'list');
        await webmacs('db', 'stop');
        return measured;
      },
      { over: 0.1 },
    ),
  ];
}
