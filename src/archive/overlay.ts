import { join } from 'node:path';
import type { ClientBase } from 'pg';
import { distributionOf } from '../database/distributed.ts';
import { ConflictError, InvalidInputError } from '../errors.ts';
import { contentIn } from '../export/cut.ts';
import { selection } from '../export/query.ts';
import { type ExportRequest, experimentsNamed } from '../export/request.ts';
import { COLUMNS, createLoaded, LOADED, load } from './load.ts';
import { type ArchivedFile, isWhole, readManifest, requestOf } from './manifest.ts';
import { missing, removeOlder, removePresent, rowsOfToday } from './restore.ts';

export interface OverlayOptions {
  folder: string;
  /** Whether public ids are needed. */
  needsIds: boolean;
  signal: AbortSignal;
}

/**
 * Makes `datapoints` have those of an archive too until the transaction ends, for this connection only: as if they had never been
 * dropped. What the database has is not taken from the archive, and of two versions the later one is. Datapoints of events that
 * have been deleted since are left out, as the database would have deleted them.
 * @param requests what is going to be read
 * @returns the names of such events
 * @throws NotFoundError for a file that is missing, unless the database still has its datapoints; InvalidInputError for a damaged one;
 * ConflictError where several servers have the datapoints: they would send all of them for each query
 */
export async function overlayArchive(
  client: ClientBase,
  requests: readonly ExportRequest[],
  { folder, needsIds, signal }: OverlayOptions,
): Promise<string[]> {
  if ((await distributionOf(client, 'datapoints')) !== undefined) {
    throw new ConflictError('The datapoints are on several servers, beside which an archive cannot be read.', {
      hint: `Restore what you need of it first: webmacs datapoints restore ${folder} --month YYYY-MM`,
    });
  }
  const files = (await readManifest(folder))
    .filter((file) => requests.some((request) => mayHave(file, request)))
    .sort((one, other) => Date.parse(one.archived_on) - Date.parse(other.archived_on));
  const { rows } = await client.query<{ table: string }>(
    `select format('%I.%I', nspname, relname) as table from pg_class c join pg_namespace n on n.oid = relnamespace
      where c.oid = 'datapoints'::regclass`,
  );
  const table = rows[0]?.table ?? 'datapoints';
  const named = {
    events: requests.map(({ eventPublicIds }) => eventPublicIds),
    experiments: requests.map((request) =>
      request.experimentPublicId == null ? undefined : experimentsNamed(request),
    ),
  };
  await createLoaded(client);
  const used: ArchivedFile[] = [];
  const deleted = new Set<string>();
  for (const file of files) {
    const { events: known, experiments, unknown } = await rowsOfToday(client, file);
    const events = wantedOf(known, named.events);
    const isNeeded =
      events.size > 0 && (named.experiments.includes(undefined) || wantedOf(experiments, named.experiments).size > 0);
    if (!isNeeded) {
      continue;
    }
    if (!(await isWhole(folder, file, signal))) {
      if (await isStillThere(client, file)) {
        continue;
      }
      throw missing(folder, file);
    }
    if (needsIds && !file.with_ids) {
      throw new InvalidInputError(`${file.name} of the archive has no public ids of datapoints.`, {
        hint: 'Pass --no-ids, or limit the time with --from and --to.',
      });
    }
    const number = used.push(file);
    await load(client, join(folder, file.name), {
      ...{ hasIds: file.with_ids, number, events, experiments, signal, ...timesOf(requests) },
    });
    for (const name of named.events.includes(undefined) ? unknown : []) {
      deleted.add(name);
    }
  }
  await client.query(
    `create index on ${LOADED} (event_public_id, "timestamp"); create index on ${LOADED} ("timestamp"); analyze ${LOADED}`,
  );
  await removeOlder(client, used.length);
  await removePresent(client, table, used);
  // The same types as in the table of the archive: only then does the planner look into both.
  const real = COLUMNS.replace('id', 'id::bigint as id');
  await client.query(
    `create temporary view datapoints as select ${real} from ${table} union all select ${COLUMNS} from ${LOADED}`,
  );
  return [...deleted];
}

function mayHave({ from, to }: ArchivedFile, request: ExportRequest): boolean {
  const isLater = request.from !== undefined && Date.parse(request.from) >= Date.parse(to);
  const isEarlier = request.to !== undefined && Date.parse(request.to) < Date.parse(from);
  return !isLater && !isEarlier;
}

/** Returns what of these, by their public ids of today, is asked for; all, if a request does not name some. */
function wantedOf(
  known: ReadonlyMap<string, string>,
  named: readonly (readonly string[] | undefined)[],
): ReadonlyMap<string, string> {
  const wanted = new Set(named.flatMap((publicIds = []) => publicIds));
  return named.includes(undefined) ? known : new Map([...known].filter(([, publicId]) => wanted.has(publicId)));
}

/** A millisecond more than necessary on both sides. */
function timesOf(requests: readonly ExportRequest[]): { from?: bigint; to?: bigint } {
  const starts = requests.map(({ from }) => (from === undefined ? Number.NaN : Date.parse(from)));
  const ends = requests.map(({ to }) => (to === undefined ? Number.NaN : Date.parse(to)));
  const [from, to] = [Math.min(...starts) - 1, Math.max(...ends) + 1];
  return {
    ...(Number.isFinite(from) && { from: BigInt(Math.floor(from)) * 1000n }),
    ...(Number.isFinite(to) && { to: BigInt(Math.ceil(to)) * 1000n }),
  };
}

/** Whether the database has exactly what a file has. */
async function isStillThere(client: ClientBase, file: ArchivedFile): Promise<boolean> {
  const found = await contentIn(client, `datapoints d where ${selection(requestOf(file))}`, file.with_ids);
  return found.datapoints === file.rows && found.hash === file.content;
}
