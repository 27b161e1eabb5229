import { afterAll, beforeAll, expect, test } from 'vitest';
import { Database } from '../../src/database/database.ts';
import { targetFromUrl } from '../../src/database/target.ts';
import { SSL_MODES } from '../../src/database/tls-settings.ts';
import { aTlsServer, hasOpenssl, type TlsServer } from '../support/tls-server.ts';

/** What psql makes of each sslmode, from `disable` to `verify-full`, seen with psql 15. */
const PSQL: Record<string, Record<string, string>> = {
  'off none': { localhost: 'plain plain plain refused refused refused' },
  'off right': { localhost: 'plain plain plain refused refused refused' },
  'off wrong': { localhost: 'plain plain plain refused refused refused' },
  'on none': { localhost: 'plain plain tls tls refused refused' },
  'on right': {
    localhost: 'plain plain tls tls tls tls',
    '127.0.0.1': 'plain plain tls tls tls refused',
  },
  'on wrong': { localhost: 'plain plain plain refused refused refused' },
  'hostssl none': { localhost: 'refused tls tls tls refused refused' },
  'hostssl right': {
    localhost: 'refused tls tls tls tls tls',
    '127.0.0.1': 'refused tls tls tls tls refused',
  },
  'hostssl wrong': { localhost: 'refused refused refused refused refused refused' },
  'hostnossl none': { localhost: 'plain plain plain refused refused refused' },
  'hostnossl right': { localhost: 'plain plain plain refused refused refused' },
  'hostnossl wrong': { localhost: 'plain plain plain refused refused refused' },
  'socket none': { socket: 'plain plain plain plain plain plain' },
  'socket right': { socket: 'plain plain plain plain plain plain' },
  'socket wrong': { socket: 'plain plain plain plain plain plain' },
};
const ROOTS: Record<string, string> = { right: 'authority.crt', wrong: 'stranger.crt' };

let server: TlsServer;
beforeAll(async () => {
  if (hasOpenssl()) {
    server = await aTlsServer();
  }
}, 180_000);
afterAll(async () => await server?.[Symbol.asyncDispose]());

async function encryption(host: string, root: string, mode: string): Promise<string> {
  const certificate = ROOTS[root];
  const at = encodeURIComponent(host === 'socket' ? server.socketDirectory : host);
  const query = `sslmode=${mode}${certificate ? `&sslrootcert=${encodeURIComponent(server.file(certificate))}` : ''}`;
  const url = `postgresql://webmacs:${server.password}@${at}:${server.port}/webmacs?${query}`;
  try {
    await using database = await Database.open(targetFromUrl(url, { HOME: '/nonexistent' }, 'the test'), {
      asIs: true,
    });
    const { rows } = await database.pool.query('select ssl from pg_stat_ssl where pid = pg_backend_pid()');
    return rows[0].ssl ? 'tls' : 'plain';
  } catch {
    return 'refused';
  }
}

test.skipIf(!hasOpenssl()).each(['off', 'on', 'hostssl', 'hostnossl', 'socket'] as const)(
  'each sslmode, with and without a root certificate, does what it does in psql where TLS is %s',
  async (access) => {
    if (access !== 'socket') {
      await server.allow(access);
    }
    for (const [situation, expected] of Object.entries(PSQL)) {
      const [name, root = ''] = situation.split(' ');
      for (const [host, results] of name === access ? Object.entries(expected) : []) {
        const found: string[] = [];
        for (const mode of SSL_MODES) {
          found.push(await encryption(host, root, mode));
        }
        expect([situation, host, found.join(' ')]).toEqual([situation, host, results]);
      }
    }
  },
  180_000,
);

test.skipIf(!hasOpenssl())(
  'a failed TLS handshake is reported together with the answer of the server without TLS',
  async () => {
    await server.allow('hostssl');
    const query = `sslrootcert=${encodeURIComponent(server.file('stranger.crt'))}`;
    const url = `postgresql://webmacs:${server.password}@localhost:${server.port}/webmacs?${query}`;
    const opening = Database.open(targetFromUrl(url, { HOME: '/nonexistent' }, 'the test'), { asIs: true });
    await expect(opening).rejects.toThrow(/no encryption.*TLS failed: .*certificate/);
  },
);

test.skipIf(!hasOpenssl())('TLS requirements beyond the sslmode are enforced', async () => {
  await server.allow('hostssl');
  const root = `sslmode=verify-full&sslrootcert=${encodeURIComponent(server.file('authority.crt'))}`;
  const open = async (query: string, host = 'localhost') => {
    const url = `postgresql://webmacs:${server.password}@${host}:${server.port}/webmacs?${query}`;
    await using database = await Database.open(targetFromUrl(url, { HOME: '/nonexistent' }, 'the test'), {
      asIs: true,
    });
    const { rows } = await database.pool.query('select version from pg_stat_ssl where pid = pg_backend_pid()');
    return rows[0].version;
  };
  expect(await open(`${root}&ssl_max_protocol_version=TLSv1.2`)).toBe('TLSv1.2');
  expect(await open(`${root}&sslnegotiation=direct`)).toBe('TLSv1.3');
  expect(await open(`${root}&channel_binding=require&require_auth=scram-sha-256&sslsni=0`)).toBe('TLSv1.3');
  expect(await open(`${root}&hostaddr=127.0.0.1`)).toBe('TLSv1.3');
  // The name that is verified is the one of the host, wherever the connection leads.
  await expect(open(`${root}&hostaddr=127.0.0.1`, 'elsewhere')).rejects.toThrow(/altnames|does not match/);
  await expect(open(`${root}&hostaddr=127.0.0.1`, '')).rejects.toThrow('needs a host name');
  await expect(open(`${root}&sslcrl=${encodeURIComponent(server.file('none.crl'))}`)).rejects.toThrow('sslcrl file');
  await expect(open(`${root}&sslcrl=${encodeURIComponent(server.file('stranger.crl'))}`)).rejects.toThrow(/CRL/);
  expect(await open(`${root}&sslcrl=${encodeURIComponent(server.file('authority.crl'))}`)).toBe('TLSv1.3');
});
