import { join } from 'node:path';
import type { ClientBase } from 'pg';
import { distributionOf } from '../database/distributed.ts';
import { InvalidInputError } from '../errors.ts';
import { selection } from '../export/query.ts';
import { type ExportRequest, experimentsNamed } from '../export/request.ts';
import { contentOf, isContentOf } from './content.ts';
import { COLUMNS, createLoaded, LOADED, load } from './load.ts';
import { type ArchivedFile, isWhole, readManifest } from './manifest.ts';
import { missing, removeOlder, removePresent, rowsOfToday } from './restore.ts';

export interface OverlayOptions {
  folder: string;
  needsIds: boolean;
  signal: AbortSignal;
}

/**
 * Makes `datapoints` have those of an archive too until the transaction ends, for this connection only: as if they had never been
 * dropped. What the database has is not taken from the archive, and of two versions the later one is. Datapoints of events that
 * have been deleted since are left out, as the database would have deleted them.
 * @param requests what is going to be read
 * @returns the names of such events
 * @throws NotFoundError for a file that is missing, unless the database still has its datapoints; InvalidInputError for a damaged one
 */
export async function overlayArchive(
  client: ClientBase,
  requests: readonly ExportRequest[],
  options: OverlayOptions,
): Promise<string[]> {
  const isDistributed = (await distributionOf(client, 'datapoints')) !== undefined;
  const { rows } = await client.query<{ table: string }>(
    `select format('%I.%I', nspname, relname) as table from pg_class c join pg_namespace n on n.oid = relnamespace
      where c.oid = 'datapoints'::regclass`,
  );
  const table = rows[0]?.table ?? 'datapoints';
  await createLoaded(client);
  const { used, deleted } = await loadNeeded(client, requests, options);
  await client.query(
    `create index on ${LOADED} (event_public_id, "timestamp"); create index on ${LOADED} ("timestamp"); analyze ${LOADED}`,
  );
  await removeOlder(client, used.length);
  await removePresent(client, table, used);
  // The same types as in the table of the archive: only then does the planner look into both.
  const real = `select ${COLUMNS.replace('id', 'id::bigint as id')} from ${table}`;
  if (isDistributed) {
    // Several servers would send all that they have for each query: what is asked for is enough, once.
    const asked = requests.map((request) => `(${selection(request)})`).join(' or ') || 'false';
    await client.query(`insert into ${LOADED} (${COLUMNS}) ${real} d where ${asked}; analyze ${LOADED}`);
  }
  const others = isDistributed ? '' : `${real} union all `;
  await client.query(`create temporary view datapoints as ${others}select ${COLUMNS} from ${LOADED}`);
  return deleted;
}

/** Loads the files that may have what is asked for, and that the database does not have. */
async function loadNeeded(
  client: ClientBase,
  requests: readonly ExportRequest[],
  { folder, needsIds, signal }: OverlayOptions,
): Promise<{ used: ArchivedFile[]; deleted: string[] }> {
  const asked = {
    events: requests.map(({ eventPublicIds }) => eventPublicIds),
    experiments: requests.map((request) =>
      request.experimentPublicId == null ? undefined : experimentsNamed(request),
    ),
  };
  const used: ArchivedFile[] = [];
  const deleted = new Set<string>();
  const files = (await readManifest(folder)).filter((file) => requests.some((request) => mayHave(file, request)));
  for (const file of files.sort((one, other) => Date.parse(one.archived_on) - Date.parse(other.archived_on))) {
    const { events: known, experiments, unknown } = await rowsOfToday(client, file);
    const events = wantedOf(known, asked.events);
    const isOfExperiment = asked.experiments.includes(undefined) || wantedOf(experiments, asked.experiments).size > 0;
    if (events.size === 0 || !isOfExperiment) {
      continue;
    }
    if (!(await isWhole(folder, file, signal))) {
      if (isContentOf(await contentOf(client, file, file.with_ids), file)) {
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
    for (const name of asked.events.includes(undefined) ? unknown : []) {
      deleted.add(name);
    }
  }
  return { used, deleted: [...deleted] };
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
