import { isIP } from 'node:net';
import type { PoolConfig } from 'pg';
import { DatabaseError } from '../errors.ts';
import { clientFor, type Progress, watchLogin } from './client.ts';
import { type Connection, connect, disconnect, withClient } from './connect.ts';
import { databaseFailure, failureCode } from './failure.ts';
import { isSocket, type ServerHost } from './hosts.ts';
import { passwordFor, type Warn } from './password.ts';
import { describeTarget, type ServerTarget, type SessionAttributes } from './target.ts';
import { tlsAttempts } from './tls.ts';

/** SQLSTATE of a server that is starting or stopping. */
const CANNOT_CONNECT_NOW = '57P03';

/** A server cannot be used; the search continues with the next one. */
class UnusableServerError extends Error {
  /** Whether another address of the same host may work. */
  readonly anotherAddress: boolean;

  constructor(cause: unknown, anotherAddress: boolean) {
    super('The server cannot be used', { cause });
    this.anotherAddress = anotherAddress;
  }
}

/**
 * Connects to the first reachable server of the target that matches `target_session_attrs`. As in libpq, a server that
 * refuses the login ends the search.
 * @throws DatabaseError with the error of each server
 * @see https://www.postgresql.org/docs/17/libpq-connect.html#LIBPQ-MULTIPLE-HOSTS
 */
export async function findServer(
  target: ServerTarget,
  warn: Warn = () => {},
): Promise<{ connection: Connection; where: string }> {
  const failures: unknown[] = [];
  for (const attributes of attributePasses(target.sessionAttributes)) {
    for (const host of inOrder(target.hosts, target)) {
      const where = describeTarget({ ...target, hosts: [host] });
      try {
        return { connection: await connectToHost({ target, host, where, warn }, attributes), where };
      } catch (error) {
        if (!(error instanceof UnusableServerError)) {
          throw databaseFailure(error, where);
        }
        failures.push(databaseFailure(error.cause, where));
      }
    }
  }
  throw summary(target, failures);
}

/** Returns driver settings for the first server and the first TLS attempt of a target, without trying others. */
export async function driverSettings(target: ServerTarget): Promise<PoolConfig> {
  const [host = { name: 'localhost', port: 5432 }] = target.hosts;
  const where = describeTarget(target);
  const [attempt] = await attemptsOn({ target, host, where, warn: () => {} }, host.address ?? host.name);
  return attempt?.config ?? {};
}

/** One of the servers of a target. */
interface Candidate {
  target: ServerTarget;
  host: ServerHost;
  where: string;
  warn: Warn;
}

async function connectToHost(candidate: Candidate, attributes: SessionAttributes): Promise<Connection> {
  let failure: unknown;
  for (const address of inOrder(await addressesOf(candidate.host), candidate.target)) {
    try {
      const connection = await connectByTls(await attemptsOn(candidate, address), candidate.where);
      await expectAttributes(connection, attributes, candidate.where);
      return connection;
    } catch (error) {
      failure = error;
      if (!(error instanceof UnusableServerError && error.anotherAddress)) {
        throw error;
      }
    }
  }
  throw failure;
}

async function addressesOf(host: ServerHost): Promise<string[]> {
  if (host.address || isSocket(host) || isIP(host.name) !== 0) {
    return [host.address ?? host.name];
  }
  // Not loaded for a socket, which has no name to look up.
  const { lookup } = await import('node:dns/promises');
  try {
    return (await lookup(host.name, { all: true })).map(({ address }) => address);
  } catch (error) {
    throw new UnusableServerError(error, false);
  }
}

interface Attempt {
  config: PoolConfig;
  progress: Progress;
}

/** Returns the attempts to make, with and without TLS, in order. */
async function attemptsOn({ target, host, where, warn }: Candidate, address: string): Promise<Attempt[]> {
  const password = passwordFor(target, host, where, warn);
  const { user, database, applicationName, authentication, channelBinding, keepAliveSeconds, tls } = target;
  const startup = {
    user,
    database,
    ...(applicationName ? { application_name: applicationName } : {}),
    ...target.startup,
  };
  return (await tlsAttempts(tls, host)).map((ssl) => {
    const direct = tls.direct && ssl !== false;
    const rules = { authentication, channelBinding, direct };
    const progress: Progress = { phase: 'connecting' };
    return {
      progress,
      config: {
        // The driver would take missing settings from the environment of the process.
        ...{ host: address, port: host.port, user, database, password },
        ssl,
        sslnegotiation: direct ? 'direct' : 'postgres',
        enableChannelBinding: ssl !== false && channelBinding !== 'disable',
        connectionTimeoutMillis: target.connectTimeoutSeconds * 1000,
        keepAlive: keepAliveSeconds !== undefined,
        keepAliveInitialDelayMillis: (keepAliveSeconds ?? 0) * 1000,
        Client: clientFor(startup, (connection, tls) => watchLogin(connection, tls, rules, progress)),
      },
    };
  });
}

/**
 * Makes one attempt after the other. Only a failed TLS handshake or a refused login leads to the next: the server may have
 * another rule for another kind of connection.
 */
async function connectByTls(attempts: Attempt[], where: string): Promise<Connection> {
  const refusals: Refusal[] = [];
  for (const { config, progress } of attempts) {
    try {
      return await connect(config, where);
    } catch (error) {
      const { phase } = progress;
      if (isTimeout(error) || phase === 'connecting') {
        throw new UnusableServerError(error, true);
      }
      if (failureCode(error) === CANNOT_CONNECT_NOW) {
        throw new UnusableServerError(error, false);
      }
      refusals.push({ error, phase });
      if (!(phase === 'handshake' || (phase === 'login' && isServerError(error)))) {
        break;
      }
    }
  }
  throw mostInformative(refusals, where);
}

interface Refusal {
  error: unknown;
  phase: Progress['phase'];
}

/** A login error is more informative than that the server has no TLS, but not more than why TLS failed. */
function mostInformative(refusals: readonly Refusal[], where: string): unknown {
  const last = refusals.at(-1)?.error;
  const login = refusals.findLast(({ phase }) => phase !== 'handshake')?.error ?? last;
  const handshake = refusals.find(({ phase }) => phase === 'handshake')?.error;
  const failure = databaseFailure(login, where);
  if (login === handshake || !(handshake instanceof Error) || !(failure instanceof DatabaseError)) {
    return failure;
  }
  return /does not support SSL/.test(handshake.message)
    ? failure
    : new DatabaseError(`${failure.message} Before that, TLS failed: ${handshake.message.split(';')[0]}.`, {
        hint: failure.hint,
        cause: login,
      });
}

async function expectAttributes(connection: Connection, attributes: SessionAttributes, where: string): Promise<void> {
  if (attributes === 'any') {
    return;
  }
  const { rows } = await withClient(connection.pool, (client) =>
    client.query<{ standby: boolean; readOnly: boolean }>(
      `select pg_is_in_recovery() as standby,
              pg_is_in_recovery() or current_setting('default_transaction_read_only') = 'on' as "readOnly"`,
    ),
  );
  const [{ standby, readOnly } = { standby: false, readOnly: false }] = rows;
  const fits = {
    'read-write': !readOnly,
    'read-only': readOnly,
    primary: !standby,
    standby,
    'prefer-standby': standby,
  }[attributes];
  if (!fits) {
    await disconnect(connection.orm, connection.pool);
    const is = standby ? 'a standby' : readOnly ? 'read-only' : 'a writable primary';
    throw new UnusableServerError(
      new DatabaseError(`${where} is ${is}, but target_session_attrs=${attributes} is set.`, {
        hint: 'Choose other servers, or another target_session_attrs.',
      }),
      false,
    );
  }
}

/** Returns the passes over the servers: `prefer-standby` looks for a standby first, and then takes any server. */
function attributePasses(attributes: SessionAttributes): SessionAttributes[] {
  return attributes === 'prefer-standby' ? ['prefer-standby', 'any'] : [attributes];
}

function inOrder<T>(items: readonly T[], { randomOrder }: ServerTarget): T[] {
  const keyed = items.map((item) => ({ item, key: randomOrder ? Math.random() : 0 }));
  return keyed.sort((one, other) => one.key - other.key).map(({ item }) => item);
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && /timeout/i.test(error.message) && failureCode(error) === undefined;
}

function isServerError(error: unknown): boolean {
  return /^[0-9A-Z]{5}$/.test(failureCode(error) ?? '') && error instanceof Error && 'severity' in error;
}

function summary(target: ServerTarget, failures: unknown[]): unknown {
  const messages = [...new Set(failures.map((failure) => (failure instanceof Error ? failure.message : '')))];
  const last = failures.at(-1);
  return messages.length < 2
    ? last
    : new DatabaseError(`No server of ${describeTarget(target)} can be used.\n${messages.join('\n')}`, {
        hint: last instanceof DatabaseError ? last.hint : undefined,
        cause: last,
      });
}
