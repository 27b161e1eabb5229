import { isIP } from 'node:net';
import type { PoolConfig } from 'pg';
import { DatabaseError } from '../errors.ts';
import { clientFor, type Progress } from './client.ts';
import { type Connection, connect, disconnect, withClient, withOwnOptions } from './connect.ts';
import { databaseFailure, failureCode } from './failure.ts';
import { isSocket, type ServerHost } from './hosts.ts';
import { passwordFor, type Warn } from './password.ts';
import { describeTarget, type ServerTarget, type SessionAttributes } from './target.ts';
import { tlsAttempts } from './tls.ts';

/** SQLSTATE of a server that is starting or stopping. */
const CANNOT_CONNECT_NOW = '57P03';

/** A server as one of several: which it was, and that the search goes on behind it. */
class Unusable extends Error {
  /** Whether another address of the same host may do. */
  readonly anotherAddress: boolean;

  constructor(cause: unknown, anotherAddress: boolean) {
    super('The server cannot be used', { cause });
    this.anotherAddress = anotherAddress;
  }
}

/**
 * Connects to the first server of the target that can be reached and is what `target_session_attrs` asks for. As in libpq,
 * one that is reached and refuses the log-in ends the search.
 * @throws DatabaseError with what is wrong with each
 * @see https://www.postgresql.org/docs/17/libpq-connect.html#LIBPQ-MULTIPLE-HOSTS
 */
export async function findServer(
  target: ServerTarget,
  warn: Warn = () => {},
): Promise<{ connection: Connection; where: string }> {
  const failures: unknown[] = [];
  for (const attributes of passes(target.sessionAttributes)) {
    for (const host of inOrder(target.hosts, target)) {
      const where = describeTarget({ ...target, hosts: [host] });
      try {
        return { connection: await connectToHost(target, host, attributes, { where, warn }), where };
      } catch (error) {
        if (!(error instanceof Unusable)) {
          throw databaseFailure(error, where);
        }
        failures.push(databaseFailure(error.cause, where));
      }
    }
  }
  throw summary(target, failures);
}

/** The settings of the driver for the first server of a target and the first way to use TLS, where no other is tried. */
export async function driverSettings(target: ServerTarget): Promise<PoolConfig> {
  const [host = { name: 'localhost', port: 5432 }] = target.hosts;
  const where = describeTarget(target);
  const [attempt] = await attemptsOn(target, host, host.address ?? host.name, { where, warn: () => {} });
  return attempt?.config ?? {};
}

interface Surroundings {
  where: string;
  warn: Warn;
}

async function connectToHost(
  target: ServerTarget,
  host: ServerHost,
  attributes: SessionAttributes,
  surroundings: Surroundings,
): Promise<Connection> {
  let failure: unknown;
  for (const address of inOrder(await addressesOf(host), target)) {
    try {
      const connection = await connectByTls(await attemptsOn(target, host, address, surroundings), surroundings.where);
      await expectAttributes(connection, attributes, surroundings.where);
      return connection;
    } catch (error) {
      failure = error;
      if (!(error instanceof Unusable && error.anotherAddress)) {
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
  // Only here: a socket has no name to look up.
  const { lookup } = await import('node:dns/promises');
  try {
    return (await lookup(host.name, { all: true })).map(({ address }) => address);
  } catch (error) {
    throw new Unusable(error, false);
  }
}

interface Attempt {
  config: PoolConfig;
  progress: Progress;
}

/** The ways to use TLS, in the order to try them. */
async function attemptsOn(
  target: ServerTarget,
  host: ServerHost,
  address: string,
  { where, warn }: Surroundings,
): Promise<Attempt[]> {
  const password = passwordFor(target, host, where, warn);
  const { user, database, applicationName, authentication, channelBinding, keepAliveSeconds, tls } = target;
  const options = withOwnOptions(target.options);
  return (await tlsAttempts(tls, host)).map((ssl) => {
    const direct = tls.direct && ssl !== false;
    const rules = { user, database, applicationName, options, authentication, channelBinding, direct };
    const progress: Progress = { phase: 'connecting' };
    return {
      progress,
      config: {
        // The driver looks up what it misses, in the environment of the process.
        ...{ host: address, port: host.port, user, database, password, options, client_encoding: 'UTF8' },
        ssl,
        sslnegotiation: direct ? 'direct' : 'postgres',
        enableChannelBinding: ssl !== false && channelBinding !== 'disable',
        connectionTimeoutMillis: target.connectTimeoutSeconds * 1000,
        keepAlive: keepAliveSeconds !== undefined,
        keepAliveInitialDelayMillis: (keepAliveSeconds ?? 0) * 1000,
        Client: clientFor(rules, progress),
      },
    };
  });
}

/**
 * Tries one way after the other. Only a refusal of the way itself leads to the next: of TLS, or of a log-in, for which the
 * server may have another rule on another kind of connection.
 */
async function connectByTls(attempts: Attempt[], where: string): Promise<Connection> {
  const refusals: Refusal[] = [];
  for (const { config, progress } of attempts) {
    try {
      return await connect(config, where);
    } catch (error) {
      const { phase } = progress;
      if (isTimeout(error) || phase === 'connecting') {
        throw new Unusable(error, true);
      }
      if (failureCode(error) === CANNOT_CONNECT_NOW) {
        throw new Unusable(error, false);
      }
      refusals.push({ error, phase });
      if (!(phase === 'handshake' || (phase === 'login' && isServerError(error)))) {
        break;
      }
    }
  }
  throw mostTelling(refusals, where);
}

interface Refusal {
  error: unknown;
  phase: Progress['phase'];
}

/** What the server says about the log-in tells more than that it has no TLS; not more than why TLS failed. */
function mostTelling(refusals: readonly Refusal[], where: string): unknown {
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
        ...(failure.hint ? { hint: failure.hint } : {}),
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
    const is = standby ? 'a standby' : readOnly ? 'read-only' : 'a primary that can be written to';
    throw new Unusable(
      new DatabaseError(`${where} is ${is}, not what target_session_attrs=${attributes} asks for.`, {
        hint: 'Name other servers, or another target_session_attrs.',
      }),
      false,
    );
  }
}

/** A standby where there is one, and else any server. */
function passes(attributes: SessionAttributes): SessionAttributes[] {
  return attributes === 'prefer-standby' ? ['prefer-standby', 'any'] : [attributes];
}

function inOrder<T>(items: readonly T[], { randomOrder }: ServerTarget): T[] {
  const places = items.map((item) => ({ item, at: randomOrder ? Math.random() : 0 }));
  return places.sort((one, other) => one.at - other.at).map(({ item }) => item);
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
        ...(last instanceof DatabaseError && last.hint ? { hint: last.hint } : {}),
        cause: last,
      });
}
