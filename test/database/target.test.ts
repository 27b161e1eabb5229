import { expect, test } from 'vitest';
import {
  describeTarget,
  environmentNamesServer,
  targetFromEnvironment,
  targetFromUrl,
} from '../../src/database/target.ts';
import { tlsAttempts } from '../../src/database/tls.ts';
import { InvalidInputError } from '../../src/errors.ts';

const HOME = '/nonexistent';
const target = (url: string, environment = {}) => targetFromUrl(url, { HOME, ...environment }, 'DATABASE_URL');
const parameter = (query: string) => target(`postgresql://u@h/d?${query}`);

test.each(['postgres', 'postgresql', 'postgresql+asyncpg', 'postgresql+psycopg2'])('%s:// is understood', (scheme) => {
  expect(target(`${scheme}://alice:p%40ss@db.lab:5433/webmacs`)).toMatchObject({
    hosts: [{ name: 'db.lab', port: 5433 }],
    user: 'alice',
    password: 'p@ss',
    database: 'webmacs',
    tls: { mode: 'prefer' },
  });
});

test.each([
  ['ssl=require', 'require'],
  ['ssl=true', 'require'],
  ['ssl=disable', 'disable'],
  ['sslmode=verify-full', 'verify-full'],
  ['sslrootcert=system', 'verify-full'],
])('%s means sslmode %s', (query, mode) => {
  expect(target(`postgresql+asyncpg://u@h/d?${query}`).tls.mode).toBe(mode);
});

test('what a URL leaves out comes from the PG* variables', () => {
  const found = target('postgresql://db.lab/webmacs', { PGUSER: 'bob', PGPASSWORD: 'secret', PGPORT: '6000' });
  expect(found).toMatchObject({ user: 'bob', password: 'secret', hosts: [{ name: 'db.lab', port: 6000 }] });
});

test.each([
  ['postgresql://u:a+b@h/c+d?application_name=e+f', { password: 'a+b', database: 'c+d', applicationName: 'e+f' }],
  ['postgresql://u:a#b?c:d@h/d', { password: 'a#b?c:d', hosts: [{ name: 'h', port: 5432 }] }],
  ['postgresql://u@h/a%2Fb%23c%3Fd', { database: 'a/b#c?d' }],
  ['postgresql://u@h/a#b', { database: 'a#b' }],
  ['postgresql://u@h', { database: 'u' }],
  ['postgresql://u@h?dbname=x', { database: 'x' }],
  ['postgresql://u@/d?host=/run/x&port=7000', { hosts: [{ name: '/run/x', port: 7000 }] }],
  ['postgresql://u@%2Frun%2Fx:7000/d', { hosts: [{ name: '/run/x', port: 7000 }] }],
  ['postgresql://one:p@h/d?user=two&password=q%26', { user: 'two', password: 'q&' }],
  ['postgresql://h/d?user=alice@lab', { user: 'alice@lab' }],
  ['postgresql://u@[::1]:7000/d', { hosts: [{ name: '::1', port: 7000 }] }],
  ['postgresql://u@h/d?hostaddr=10.0.0.1', { hosts: [{ name: 'h', address: '10.0.0.1', port: 5432 }] }],
  ['postgresql://u@h/d?port=', { hosts: [{ name: 'h', port: 5432 }] }],
  ['postgresql://u@h/d?sslmode=disable&', { tls: { mode: 'disable' } }],
  ['postgresql+asyncpg://u@h/d?prepared_statement_cache_size=0', { user: 'u' }],
])('%s is taken apart as libpq does', (url, expected) => {
  expect(target(url)).toMatchObject(expected);
});

test('several hosts have a port each, or one for all', () => {
  const hostsOf = (url: string) => target(url).hosts.map(({ name, port }) => `${name}:${port}`);
  expect(hostsOf('postgresql://u@a:1,b:2/d')).toEqual(['a:1', 'b:2']);
  expect(hostsOf('postgresql://u@a,[::1]/d?port=7000')).toEqual(['a:7000', '::1:7000']);
  expect(hostsOf('postgresql://u@a:1,b/d')).toEqual(['a:1', 'b:5432']);
  expect(() => hostsOf('postgresql://u@a,b,c/d?port=1,2')).toThrow('port of DATABASE_URL is not valid');
  expect(() => hostsOf('postgresql://u@a/d?hostaddr=10.0.0.1,10.0.0.2')).toThrow(InvalidInputError);
  const lists = { HOME, PGHOST: 'a,b', PGPORT: '1,2', PGHOSTADDR: '10.0.0.1,' };
  expect(targetFromEnvironment(lists).hosts).toEqual([
    { name: 'a', address: '10.0.0.1', port: 1 },
    { name: 'b', port: 2 },
  ]);
});

test.each([
  'mysql://u:sekret@h/d',
  'nonsense sekret',
  'postgresql://u:sekret@h:99999/d',
  'postgresql://u@h/d?sslmode=sekret',
  'postgresql://u@h/d?port=sekret',
  'postgresql://u:sek@ret:sekret@h/d',
  'postgresql://u:12/sekret@h/d',
  'postgresql://u:12?sekret=/x@h/d',
  'postgresql://alice:sekret/d',
  'postgresql://u:%zzsekret@h/d',
  'postgresql://u:%00sekret@h/d',
  'postgresql://u:%ffsekret@h/d',
  'postgresql://u@[::1/sekret',
  'postgresql://u@h/d?sekret',
  'postgresql://u@h/d?options=-csekret=1',
  'postgresql://u@h/d?password=sekret&connect_timeout=1.5',
])('a wrong URL is refused without repeating what may be a secret: %s', (url) => {
  expect(() => target(url)).toThrow(InvalidInputError);
  expect(() => target(url)).not.toThrow(/sekret/);
});

test.each([
  ['ssmode=require', 'unknown parameter "ssmode"', 'sslmode'],
  ['chanel_binding=require', 'unknown parameter "chanel_binding"', 'channel_binding'],
  ['Sslmode=require', 'unknown parameter "Sslmode"', 'sslmode'],
  ['tcp_user_timeout=5', 'tcp_user_timeout of DATABASE_URL cannot be used', '0'],
  ['keepalives_count=5', 'keepalives_count', '0'],
  ['keepalives_interval=5', 'keepalives_interval', '0'],
  ['gssencmode=require', 'gssencmode', 'prefer'],
  ['krbsrvname=other', 'krbsrvname', 'postgres'],
  ['gsslib=sspi', 'gsslib', 'gssapi'],
  ['gssdelegation=1', 'gssdelegation', '0'],
  ['requirepeer=postgres', 'requirepeer', 'Leave'],
  ['replication=database', 'replication', 'off'],
  ['service=lab', 'service files', 'DATABASE_URL'],
  ['sslcompression=1', 'sslcompression', '0'],
  ['sslcertmode=require', 'sslcertmode', 'allow'],
  ['client_encoding=latin1', 'client_encoding', 'utf8'],
  ['require_auth=!md5,password', 'require_auth', 'scram-sha-256'],
  ['target_session_attrs=master', 'target_session_attrs', 'primary'],
  ['channel_binding=', 'channel_binding', 'require'],
  ['ssl_min_protocol_version=SSLv3', 'ssl_min_protocol_version', 'TLSv1.2'],
  ['ssl_max_protocol_version=TLSv1.1', 'ssl_max_protocol_version', 'ssl_min_protocol_version'],
  ['sslnegotiation=direct', 'sslnegotiation=direct', 'sslmode=require'],
  ['hostaddr=db.lab', 'hostaddr', 'numeric'],
  ['host=@abstract', 'host', 'directory'],
  ['user=', 'user', 'Set a user name'],
  ['connect_timeout=', 'connect_timeout', 'whole number'],
  ['options=a&options=b', '"options"', 'once'],
  ['ssl=true&sslmode=disable', '"sslmode"', 'once'],
  ['prepared_statement_cache_size=0', 'prepared_statement_cache_size', ''],
])('%s is refused by name', (query, message, hint) => {
  expect(() => parameter(query)).toThrow(
    expect.objectContaining({ message: expect.stringContaining(message), hint: expect.stringContaining(hint) }),
  );
});

test.each([
  'gssencmode=disable&krbsrvname=postgres&gssdelegation=0&sslcompression=0&replication=off',
  'client_encoding=UTF8&keepalives_count=0&keepalives_interval=0&tcp_user_timeout=0&service=&requirepeer=',
])('what asks for nothing is accepted: %s', (query) => {
  expect(parameter(query).kind).toBe('server');
});

test.each([
  ['PGSERVICE', 'lab'],
  ['PGREQUIREPEER', 'postgres'],
  ['PGGSSENCMODE', 'require'],
  ['PGKRBSRVNAME', 'lab'],
  ['PGCLIENTENCODING', 'LATIN1'],
  ['PGSSLMODE', 'maybe'],
  ['PGSSLMODE', ''],
  ['PGCHANNELBINDING', 'always'],
  ['PGTARGETSESSIONATTRS', 'master'],
  ['PGREQUIREAUTH', 'kerberos'],
  ['PGSSLNEGOTIATION', 'none'],
  ['PGLOADBALANCEHOSTS', 'yes'],
  ['PGSSLMINPROTOCOLVERSION', '1.2'],
  ['PGCONNECT_TIMEOUT', 'soon'],
  ['PGHOSTADDR', 'name'],
])('%s=%s is refused by name', (variable, value) => {
  expect(() => targetFromEnvironment({ HOME, [variable]: value })).toThrow(variable);
  expect(() => target('postgresql://u@h/d', { [variable]: value })).toThrow(variable);
});

test('session settings come from the environment, and the URL overrides them', () => {
  const environment = {
    PGOPTIONS: '-c search_path=lab1',
    PGTZ: 'Europe/Berlin',
    PGDATESTYLE: 'ISO, DMY',
    PGGEQO: 'default',
    PGAPPNAME: 'cron',
    PGPASSFILE: '/etc/passwords',
    PGTARGETSESSIONATTRS: 'primary',
    PGLOADBALANCEHOSTS: 'random',
    PGREQUIREAUTH: '!password',
    PGCHANNELBINDING: 'require',
    PGREQUIRESSL: '1',
    PGSSLCRL: '/crl',
  };
  const found = target('postgresql://u@h/d?options=-csearch_path%3Dlab2', environment);
  expect(found.startup).toEqual({
    options: '-csearch_path=lab2',
    datestyle: 'ISO, DMY',
    timezone: 'Europe/Berlin',
  });
  expect(found).toMatchObject({
    applicationName: 'cron',
    passwordFile: '/etc/passwords',
    sessionAttributes: 'primary',
    randomOrder: true,
    channelBinding: 'require',
    tls: { mode: 'require', revocationList: { path: '/crl', named: true } },
  });
  expect([...found.authentication]).toEqual(['md5', 'gss', 'sspi', 'scram-sha-256', 'none']);
});

test('keep-alives are on, as in libpq, and can be turned off', () => {
  expect(parameter('').keepAliveSeconds).toBe(0);
  expect(parameter('keepalives_idle=30').keepAliveSeconds).toBe(30);
  expect(parameter('keepalives=0&keepalives_idle=30').keepAliveSeconds).toBe(undefined);
});

test('a password alone names no server', () => {
  expect(environmentNamesServer({ PGPASSWORD: 'x' })).toBe(false);
  expect(environmentNamesServer({ PGHOST: 'x' })).toBe(true);
});

test.each([
  ['postgresql://alice:sekret@db.lab/webmacs', 'postgresql://alice@db.lab:5432/webmacs'],
  ['postgresql://a@h/d?password=sekret&sslpassword=sekret', 'postgresql://a@h:5432/d'],
  ['postgresql://a@one:1,[::1]:2/d%2F', 'postgresql://a@one:1,[::1]:2/d%2F'],
  ['postgresql://a@/d?host=/run/x,h&port=1', 'postgresql://a@/d?host=/run/x,h&port=1,1'],
  ['postgresql://a@h/d?hostaddr=10.0.0.1', 'postgresql://a@h:5432/d?hostaddr=10.0.0.1'],
])('%s is described without its password', (url, described) => {
  expect(describeTarget(target(url))).toBe(described);
});

test('each sslmode tries what libpq would, in its order', async () => {
  const attempts = async (query: string, host = 'h') => {
    const { tls, hosts } = target(`postgresql://u@${host}/d?sslmode=${query}`);
    const [first = { name: 'h', port: 5432 }] = hosts;
    const made = await tlsAttempts(tls, first);
    return made.map((options) => (options ? `tls${options.rejectUnauthorized ? ' verified' : ''}` : 'plain'));
  };
  expect(await attempts('disable')).toEqual(['plain']);
  expect(await attempts('allow')).toEqual(['plain', 'tls']);
  expect(await attempts('prefer')).toEqual(['tls', 'plain']);
  expect(await attempts('require')).toEqual(['tls']);
  expect(await attempts('verify-full&sslrootcert=system')).toEqual(['tls verified']);
  await expect(attempts('verify-full')).rejects.toThrow('needs a root certificate');
  expect(await attempts('prefer', '%2Frun%2Fx')).toEqual(['plain']);
});

test.each([
  ['PGPASSWORD', 'secret\n'],
  ['PGPASSWORD', '\ufeffsecret\r\n'],
])('a mark and a line end are not part of the password in %s', (variable, text) => {
  expect(target('postgresql://u@h/d', { [variable]: text })).toMatchObject({ password: 'secret' });
});

test('a mark and a line end are not part of a URL', () => {
  expect(target('\ufeffpostgresql://u:secret@h/d\r\n')).toMatchObject({ password: 'secret', database: 'd' });
});

test.each([
  ['PGPASSWORD', 'postgresql://u@h/d', { PGPASSWORD: 's\ufffdcret' }],
  ['DATABASE_URL', 'postgresql://u:s\ufffdcret@h/d', {}],
  ['DATABASE_URL', 'postgresql://u@h/\ud800', {}],
])('a password in %s whose bytes are not UTF-8 is refused, and not repeated', (name, url, environment) => {
  expect(() => target(url, environment)).toThrow(`${name} is not valid UTF-8.`);
});
