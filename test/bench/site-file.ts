import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROGRAM } from '../support/paths.ts';
import { databaseFor, withClient } from './database.ts';
import { alternating, type Figure, figure, type Measurement, type Settings, timed } from './measure.ts';

const ROWS = 1000;

/** Measures a site file with a thousand events and a thousand rules: applied to an empty database, and again. */
export async function siteFileFigures(settings: Settings): Promise<Figure[]> {
  const { directory, runs } = settings;
  const url = await databaseFor(settings, 'bench_site_file');
  const file = join(directory, 'site.yaml');
  const names = Array.from({ length: ROWS }, (_, at) => at);
  writeFileSync(
    file,
    [
      'users:\n  admin: {email: admin@lab.org, admin: true}\nevents:',
      ...names.map((at) => `  Event ${at}: {unit: C, min_value: 0, max_value: ${at + 1}, event_type: sensor}`),
      'rules:',
      ...names.map((at) => `  Rule ${at}: {event: Event ${at}, operator: gt, threshold: ${at}, action_type: log}`),
      '',
    ].join('\n'),
  );
  await withClient(url, (client) =>
    client.query(
      `insert into users (public_id, username, email, hashed_password, admin) values ('u', 'admin', 'admin@lab.org', '', true)`,
    ),
  );
  const run = async (...words: string[]): Promise<Measurement> =>
    await timed(process.execPath, [PROGRAM, 'apply', '-f', file, '-q', ...words], { DATABASE_URL: url });
  const measured = await alternating(runs, {
    async first() {
      await withClient(url, (client) => client.query('delete from events'));
      return await run();
    },
    again: () => run(),
    start: () => timed(process.execPath, [PROGRAM, 'users', 'list', '-q'], { DATABASE_URL: url }),
  });
  const what = `\`apply\` of ${ROWS.toLocaleString('en-US')} events and as many rules`;
  const peer = '`users list`';
  return [
    figure(`${what}, all new`, peer, measured.first, measured.start, { under: 3 }),
    figure(`${what}, no changes`, peer, measured.again, measured.start, { under: 1 }),
  ];
}
