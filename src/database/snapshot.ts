import type { ClientBase, Pool, QueryResult } from 'pg';
import { beginWith, LONG_RUNNING, type Loan, lend, PORTABLE_TEXT } from './session.ts';
import { literal } from './sql.ts';

/**
 * By bitmap the planner would, without a better index, read all of an experiment's index for each slice. Every slice has
 * its own sort.
 */
const SETTINGS = { ...PORTABLE_TEXT, ...LONG_RUNNING, jit: 'off', enable_bitmapscan: 'off', work_mem: '32MB' };
const BEGIN = beginWith(SETTINGS, 'repeatable read read only');

/** Connections that all see the database as it was at one moment. */
export interface Snapshot {
  readonly leader: ClientBase;
  /** Further connection number `at` with the same view, or `undefined` if the server or the pool has none to spare. */
  further(at: number): Promise<ClientBase | undefined>;
}

/**
 * Calls `work` with a snapshot. Afterwards all connections go back to the pool. If `work` fails or `signal` is aborted
 * they are closed at once instead, which ends what they are doing on the server, and the call rejects.
 * @param prepare called first: makes temporary tables, which only one connection then sees
 */
export async function withSnapshot<T>(
  pool: Pool,
  signal: AbortSignal,
  work: (snapshot: Snapshot) => Promise<T>,
  prepare?: (client: ClientBase) => Promise<void>,
): Promise<T> {
  const loans = new Set<Loan>();
  let over = false;

  async function borrow(): Promise<ClientBase> {
    const loan = await lend(pool);
    if (over) {
      loan.end('give back');
      throw signal.reason ?? new Error('The snapshot has been given back');
    }
    loans.add(loan);
    return loan.client;
  }
  function endLoans(how: Parameters<Loan['end']>[0]): void {
    for (const loan of loans) {
      loan.end(how);
    }
  }

  async function lead(): Promise<T> {
    const leader = await borrow();
    if (prepare) {
      await leader.query(beginWith(SETTINGS, 'repeatable read'));
      await prepare(leader);
      const result = await work({ leader, further: async () => undefined });
      await leader.query('rollback');
      return result;
    }
    // Several statements in one query have several results, which its types do not know.
    const results: unknown = await leader.query(`${BEGIN}; select pg_export_snapshot() as id`);
    const { id } = (results as QueryResult<{ id: string }>[]).at(-1)?.rows[0] ?? { id: '' };
    async function join(): Promise<ClientBase | undefined> {
      const client = await borrow().catch(() => undefined);
      const begun = client?.query(`${BEGIN}; set transaction snapshot ${literal(id)}`);
      // Too late to be of use, it may find the snapshot gone.
      await begun?.catch((error) => over || Promise.reject(error));
      return over ? undefined : client;
    }
    const joined: Promise<ClientBase | undefined>[] = [];
    const further = async (at: number) => {
      joined[at] ??= join();
      return await joined[at];
    };
    const result = await work({ leader, further });
    over = true;
    await Promise.all([...loans].map(({ client }) => client.query('commit')));
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
