import { PROGRAM } from '../support/paths.ts';
import { databaseFor } from './database.ts';
import { compare, compareWith, type Figure, type Settings, timed } from './measure.ts';

const node = process.execPath;

/** Measures the start of the program, and of a minimal command. */
export async function startFigures(settings: Settings): Promise<Figure[]> {
  const many = settings.runs * 3;
  const url = await databaseFor(settings, 'bench_start');
  return [
    await compare(
      '`webmacs --version`',
      '`node -e 0`',
      many,
      () => timed(node, [PROGRAM, '--version']),
      () => timed(node, ['-e', '0']),
      { ratio: 1.3 },
    ),
    await compareWith(
      'psql',
      '`users list`, server running',
      '`psql -c`',
      many,
      () => timed(node, [PROGRAM, 'users', 'list'], { DATABASE_URL: url }),
      () =>
        timed('psql', [
          url,
          '-Atc',
          'select username, email, admin, created_on, public_id from users order by username',
        ]),
      { over: 0.09 },
    ),
  ];
}
