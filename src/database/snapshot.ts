import type { ClientBase, Pool, QueryResult } from 'pg';
import { caveats } from './caveats.ts';
import { failureCode } from './failure.ts';
import { lockOfHours } from './hours.ts';
import { STORAGE_FORM, type StorageForm } from './layouts/storage-form.ts';
import { chunksRead, expectNotMoved } from './moved-chunks.ts';
import { ONE_CONNECTION_EACH, TOUCH_ALL, whileNobodyWrites } from './one-moment.ts';
import { beginWith, LONG_RUNNING, type Loan, lend, PORTABLE_TEXT, type Settings } from './session.ts';
import { literal } from './sql.ts';

/**
 * For slices of time: by bitmap the planner would, without a better index, read all of an experiment's index for each of them.
 * Each has its own sort.
 */
const FOR_SLICES: Settings = { enable_bitmapscan: 'off', work_mem: '32MB' };

const UNDEFINED_TABLE = '42P01';

/** Of a transaction that sees one state of the database, and changes nothing. */
export const READ_ONLY = 'repeatable read read only';

/** Connections that all see the database as it was at one moment; else `caveats` say so. */
export interface Snapshot {
  readonly leader: ClientBase;
  /** Whether it can read hours: see `certainHours`. */
  readonly hasHours: boolean;
  /** Further connection number `at` with the same view, or `undefined` if the server or the pool has none to spare. */
  further(at: number): Promise<ClientBase | undefined>;
}

/**
 * Begins the transaction of a client again, with what the other servers have at the same moment; else `caveats` say so.
 * @param settings of the transaction
 * @param mode that of BEGIN
 * @returns whether it has
 */
export async function beginOnEachServer(
  pool: Pool,
  signal: AbortSignal,
  client: ClientBase,
  settings: Settings,
  mode = READ_ONLY,
): Promise<boolean> {
  const problem = await whileNobodyWrites(pool, signal, async () => {
    await client.query('rollback');
    await client.query(`${beginWith({ ...settings, ...ONE_CONNECTION_EACH }, mode)}; ${TOUCH_ALL}`);
  });
  if (problem !== undefined) {
    caveats.get(pool)?.(
      `The datapoints are on several servers and were read at several moments, for ${problem}: what others changed meanwhile may be there in part.`,
    );
  }
  return problem === undefined;
}

export interface SnapshotOptions {
  /** Called first: makes temporary tables, which only one connection then sees. */
  prepare?: ((client: ClientBase) => Promise<void>) | undefined;
  /** Whether hours are to be read; by default, they are not. */
  wantsHours?: boolean;
}

/**
 * Calls `work` with a snapshot. Afterwards all connections go back to the pool. If `work` fails or `signal` is aborted
 * they are closed at once instead, which ends what they are doing on the server, and the call rejects.
 * @throws ConflictError if what was read may be incomplete: see `expectNotMoved`
 */
export async function withSnapshot<T>(
  pool: Pool,
  signal: AbortSignal,
  work: (snapshot: Snapshot) => Promise<T>,
  { prepare, wantsHours = false }: SnapshotOptions = {},
): Promise<T> {
  const settings = { ...PORTABLE_TEXT, ...LONG_RUNNING, jit: 'off', ...FOR_SLICES };
  const loans = new Set<Loan>();
  let over = false;

  async function borrow(): Promise<Loan> {
    const loan = await lend(pool);
    if (over) {
      loan.end('give back');
      throw signal.reason ?? new Error('The snapshot has been given back');
    }
    loans.add(loan);
    return loan;
  }
  function endLoans(how: Parameters<Loan['end']>[0]): void {
    for (const loan of loans) {
      loan.end(how);
    }
  }

  async function lead(): Promise<T> {
    const { client: leader } = await borrow();
    const mode = prepare ? 'repeatable read' : READ_ONLY;
    const lock = wantsHours && !prepare ? await lockOfHours(leader) : '';
    let hasHours = lock !== '';
    // Several statements in one query have several results, which its types do not know.
    const begin = async (first: string): Promise<unknown> =>
      await leader.query(`${beginWith(settings, mode)}; ${first}`);
    const results = await begin(lock + FIRST).catch(async (error) => {
      if (!hasHours || failureCode(error) !== UNDEFINED_TABLE) {
        throw error;
      }
      // Others have dropped them at this moment.
      hasHours = false;
      await leader.query('rollback');
      return await begin(FIRST);
    });
    const { id, storage } = (results as QueryResult<First>[]).at(-1)?.rows[0] ?? { id: '', storage: null };
    const isAlone = storage === 'distributed' && (await beginOnEachServer(pool, signal, leader, settings, mode));
    async function finish(how: 'commit' | 'rollback'): Promise<void> {
      const clients = [...loans].map(({ client }) => client);
      const chunks = storage === 'hypertable' ? (await Promise.all(clients.map(chunksRead))).flat() : [];
      await Promise.all(clients.map((client) => client.query(how)));
      if (chunks.length > 0) {
        await expectNotMoved(leader, chunks);
      }
    }
    if (prepare) {
      await prepare(leader);
      const result = await work({ leader, hasHours: false, further: async () => undefined });
      await finish('rollback');
      return result;
    }
    async function join(): Promise<ClientBase | undefined> {
      const loan = isAlone ? undefined : await borrow().catch(() => undefined);
      const begun = loan?.client.query(`${beginWith(settings, READ_ONLY)}; set transaction snapshot ${literal(id)}`);
      // A pooler may give up to wait for a connection. Too late to be of use, it may find the snapshot gone.
      const isBegun = await begun?.then(
        () => true,
        () => false,
      );
      if (loan && !isBegun && !over) {
        loans.delete(loan);
        loan.end('close');
      }
      return isBegun && !over ? loan?.client : undefined;
    }
    const joined: Promise<ClientBase | undefined>[] = [];
    const further = async (at: number) => {
      joined[at] ??= join();
      return await joined[at];
    };
    const result = await work({ leader, hasHours, further });
    over = true;
    await finish('commit');
    return result;
  }

  try {
    const result = await unlessAborted(signal, lead);
    endLoans('give back');
    return result;
  } catch (error) {
    over = true;
    endLoans('close');
    throw error;
  }
}

/**
 * Calls `work` on up to `jobs` connections of a snapshot. One that has not joined once the leader is done is not waited for: a
 * pooler may only open it then.
 */
export async function onSnapshot(
  { leader, further }: Snapshot,
  jobs: number,
  work: (client: ClientBase) => Promise<void>,
): Promise<void> {
  const joined: Promise<void>[] = [];
  const all = Array.from({ length: Math.max(0, jobs - 1) }, async (_, at) => {
    const client = await further(at);
    if (client) {
      const working = work(client);
      joined.push(working);
      await working;
    }
  });
  const done = work(leader).then(async () => void (await Promise.all(joined)));
  await Promise.race([done, Promise.all(all).then(() => done)]);
}

const FIRST = `select pg_export_snapshot() as id,
  (select ${STORAGE_FORM} from pg_class c where oid = to_regclass('datapoints')) as storage`;

interface First {
  id: string;
  storage: StorageForm | null;
}

/** Calls `work`; rejects as soon as `signal` is aborted. */
export async function unlessAborted<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([work(), aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
