import pg from 'pg';
import { DatabaseError } from '../../errors.ts';
import { literal } from '../sql.ts';
import { systemCode } from './directory-failure.ts';
import { DATABASE, USER } from './location.ts';
import type { RunningServer } from './pid-file.ts';

/** The advisory lock that every command holds shared while it uses the server ("webmacs" as a number). */
const LEASE_LOCK = '33603893187732339';

/** Advisory locks belong to a database; in this one they are in nobody's way who drops or copies the program's own. */
const MAINTENANCE_DATABASE = 'postgres';

/** Failures of a connection to a server that is coming up, going down or restarting. */
const PASSING = ['ECONNREFUSED', 'ENOENT', 'ECONNRESET', 'EPIPE', '57P01', '57P02', '57P03', '53300'];

/** A connection of our own to the server, for locks and questions; what commands do goes over others. */
export class Session {
  readonly server: RunningServer;
  readonly #client: pg.Client;

  private constructor(server: RunningServer, client: pg.Client) {
    this.server = server;
    this.#client = client;
  }

  /**
   * Connects to the server.
   * @returns the session, or undefined where the server is not up to it at this moment
   * @throws DatabaseError when it never will be
   */
  static async open(server: RunningServer): Promise<Session | undefined> {
    const client = new pg.Client({
      host: server.socketDirectory,
      port: server.port,
      user: USER,
      database: MAINTENANCE_DATABASE,
      ssl: false,
      application_name: 'webmacs lease',
      connectionTimeoutMillis: 5_000,
      // The session idles as long as the command runs, whatever the database's own settings say.
      options: '-c idle_session_timeout=0 -c statement_timeout=0',
    });
    // A server that dies ends the lease; the commands' own connections tell them, and release() copes.
    client.on('error', () => {});
    try {
      await client.connect();
      return new Session(server, client);
    } catch (error) {
      await client.end().catch(() => {});
      if (isPassing(error)) {
        return undefined;
      }
      throw new DatabaseError(`The embedded server refused the connection: ${String(error)}.`, {
        hint: 'Its log is server.log in its directory.',
        cause: error,
      });
    }
  }

  /** Takes a share in the server, and learns whether the program's database exists; false where it is being stopped. */
  async share(): Promise<{ shared: boolean; created: boolean }> {
    const { rows } = await this.#client.query<{ shared: boolean; created: boolean }>(
      `select pg_try_advisory_lock_shared(${LEASE_LOCK}) as shared,
              exists (select from pg_database where datname = ${literal(DATABASE)}) as created`,
    );
    return rows[0] ?? { shared: false, created: false };
  }

  /** Gives up the share, if any, and takes the server for itself; false while others have a share. */
  async takeOver(): Promise<boolean> {
    // Sent in one message: between the two another command may take a share, and then it is the one to stop the server.
    await this.#client.query(`do $$ begin perform pg_advisory_unlock_all(); end $$`);
    const { rows } = await this.#client.query<{ taken: boolean }>(
      `select pg_try_advisory_lock(${LEASE_LOCK}) as taken`,
    );
    return rows[0]?.taken === true;
  }

  /** How many other clients are connected. */
  async otherClients(): Promise<number> {
    const { rows } = await this.#client.query<{ clients: number }>(
      `select count(*)::int as clients from pg_stat_activity
        where backend_type = 'client backend' and pid <> pg_backend_pid()`,
    );
    return rows[0]?.clients ?? 0;
  }

  /** Creates the program's database; that another command has done so in the meantime is fine. */
  async createDatabase(): Promise<void> {
    try {
      await this.#client.query(`create database ${DATABASE} template template0`);
    } catch (error) {
      if (!['42P04', '23505'].includes(systemCode(error) ?? '')) {
        throw error;
      }
    }
  }

  /** Sets the password that TCP connections need. */
  async setPassword(password: string): Promise<void> {
    await this.#client.query(`alter role ${USER} password ${literal(password)}`);
  }

  /** Whether the open connection keeps the process alive. */
  keepAlive(alive: boolean): void {
    if (alive) {
      this.#client.ref();
    } else {
      this.#client.unref();
    }
  }

  async end(): Promise<void> {
    await this.#client.end().catch(() => {});
  }
}

/** Whether it is worth trying again: the server was coming, going, or hung up while it was asked. */
export function isPassing(error: unknown): boolean {
  const message = error instanceof Error ? error.message : '';
  return PASSING.includes(systemCode(error) ?? '') || /terminated|timeout|not queryable/i.test(message);
}
