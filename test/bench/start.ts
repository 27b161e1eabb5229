import { PROGRAM } from '../support/paths.ts';
import { compare, type Figure, isInstalled, type Settings, timed } from './measure.ts';

const node = process.execPath;

/** How long the program takes to be there at all, and to answer the smallest question. */
export async function startFigures({ url, runs }: Settings): Promise<Figure[]> {
  const many = runs * 4;
  const env = { DATABASE_URL: url };
  await timed(node, [PROGRAM, 'db', 'migrate'], env);
  const psql = async () =>
    await timed('psql', [
      url,
      '-Atc',
      'select username, email, admin, created_on, public_id from users order by username',
    ]);
  const list = async () => await timed(node, [PROGRAM, 'users', 'list'], env);
  return [
    await compare(
      '`webmacs --version`',
      '`node -e 0`',
      many,
      () => timed(node, [PROGRAM, '--version']),
      () => timed(node, ['-e', '0']),
    ),
    (await isInstalled('psql'))
      ? await compare('`users list`, server running', '`psql -c`', many, list, psql)
      : { what: '`users list`', peer: '`psql -c`', ours: [], theirs: [], skipped: 'psql is not installed' },
  ];
}
