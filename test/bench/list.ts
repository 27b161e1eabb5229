import { PROGRAM } from '../support/paths.ts';
import { compare, compareWith, type Figure, type Measurement, type Settings, timed } from './measure.ts';
import { EXPERIMENTS, recordings } from './recordings.ts';

const PAGE_SIZE = 100;

/** Measures pages of the list of all datapoints, and of a filtered one. */
export async function listFigures(settings: Settings): Promise<Figure[]> {
  const { rows, runs } = settings;
  const url = await recordings(settings);
  const total = EXPERIMENTS * rows;
  const pages = Math.ceil(total / PAGE_SIZE);
  const list = (...words: string[]): Promise<Measurement> =>
    timed(process.execPath, [PROGRAM, 'datapoints', 'list', '--json', ...words], { DATABASE_URL: url });
  const page = (number: number) => list('--page-size', `${PAGE_SIZE}`, '--page', `${number}`);
  const against = async (what: string, number: number) =>
    await compare(
      `\`datapoints list --page ${number}\`: ${what} of ${pages.toLocaleString('en-US')} pages`,
      'the first',
      runs,
      () => page(number),
      () => page(1),
      { ratio: 3 },
    );
  // Half a day, within the time of the ten experiments at any size.
  const [from, to] = ['2026-01-04T00:00:00Z', '2026-01-04T12:00:00Z'];
  return [
    await against('the last', -1),
    await against('the last, by its number,', pages),
    await against('the middle one', Math.floor(pages / 2)),
    await compareWith(
      'psql',
      `\`datapoints list --event --from --to\`, ${total.toLocaleString('en-US')} datapoints`,
      '`psql -c` of the same query',
      runs,
      () => list('--event', 'Channel 3', '--from', from, '--to', to, '--limit', '50'),
      () => timed('psql', [url, '-Atc', QUERY(from, to)]),
      { over: 0.12 },
    ),
  ];
}

const QUERY = (from: string, to: string) =>
  `select d.*, e.name, e.unit, x.name from datapoints d join events e on e.public_id = d.event_public_id left join experiments x on x.public_id = d.experiment_public_id where e.name = 'Channel 3' and d.timestamp >= '${from}' and d.timestamp < '${to}' order by d.timestamp desc, d.id desc limit 50`;
