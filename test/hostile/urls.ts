import { parseConnectionUrl } from '../../src/database/connection-url.ts';
import { describeTarget, targetFromUrl } from '../../src/database/target.ts';
import { InvalidInputError } from '../../src/errors.ts';
import { webmacs } from '../support/program.ts';
import { partOptions, reportResult } from './part.ts';
import { pick, type Random, randomFrom } from './random.ts';

/**
 * Mutates connection URLs. Each is accepted or refused as invalid input, and no message repeats a piece of the password,
 * wherever a missing or extra character moves it. Every hundredth goes through a whole command in this process.
 */
const PIECE = 'xq7Z';
const PASSWORD = PIECE.repeat(4);
const COMMAND_EVERY = 100;

const URLS = [
  `postgresql://ada:${PASSWORD}@db.lab.org:5432/webmacs`,
  `postgresql+asyncpg://ada:${PASSWORD}@db.lab.org/webmacs?ssl=require`,
  `postgres://ada:${PASSWORD}@one:5432,two:5433/webmacs?target_session_attrs=read-write&connect_timeout=3`,
  `postgresql://ada@[::1]:5432/webmacs?password=${PASSWORD}&sslmode=disable`,
  `postgresql:///webmacs?host=%2Fvar%2Frun&user=ada&password=${PASSWORD}&application_name=x`,
  `postgresql://ada:${PASSWORD}%40%2F${PASSWORD}@db.lab.org/web%20macs?options=-c%20work_mem%3D1MB`,
];
const PUT = [
  ...[...':/?#[]@!$&=%+,;\\"\' \t\n\0'],
  ...[
    '%',
    '%4',
    '%00',
    '%ff',
    '%2F',
    '://',
    '@@',
    '&&',
    'ä',
    '\ud800',
    '\u202e',
    '\x1b[31m',
    '=',
    'password=',
    '9'.repeat(30),
  ],
];

const { count, seed } = partOptions();
const random = randomFrom(seed);
const findings: string[] = [];
let [accepted, refused, commands] = [0, 0, 0];

for (let number = 0; number < count; number++) {
  const url = mutant(random);
  const finding = findingOf(url) ?? (number % COMMAND_EVERY === 0 ? await findingOfCommand(url) : undefined);
  if (finding !== undefined) {
    findings.push(`url ${number}: ${JSON.stringify(url)}: ${finding}`);
  }
}
reportResult({
  findings,
  summary: `${accepted} accepted, ${refused} refused in this process; ${commands} of them with "config show"`,
});

function mutant(random: Random): string {
  let url = pick(random, URLS);
  for (let times = 1 + random(3); times > 0; times--) {
    const at = random(url.length + 1);
    url =
      random(4) === 0
        ? `${url.slice(0, at)}${url.slice(random(url.length + 1))}`
        : `${url.slice(0, at)}${pick(random, [...PUT, ''])}${url.slice(at + random(3))}`;
  }
  return url;
}

function findingOf(url: string): string | undefined {
  try {
    const said = describeTarget(targetFromUrl(url, {}, 'The URL'));
    accepted++;
    return leaks(url, said) ? `accepted, and shown as ${said}` : undefined;
  } catch (error) {
    refused++;
    if (!(error instanceof InvalidInputError)) {
      return `${error instanceof Error ? error.stack : error}`;
    }
    const said = `${error.message}\n${error.hint}`;
    return said.includes(PIECE) ? `refused with ${said}` : undefined;
  }
}

async function findingOfCommand(url: string): Promise<string | undefined> {
  commands++;
  const { code, stdout, stderr } = await webmacs(['config', 'show'], { env: { DATABASE_URL: url } });
  return (code !== 0 && code !== 2) || leaks(url, `${stdout}${stderr}`)
    ? `exit code ${code}, ${stdout}${stderr}`
    : undefined;
}

/** Whether a piece of the password is shown, although the URL does not have it in a place that is shown. */
function leaks(url: string, said: string): boolean {
  if (!said.includes(PIECE)) {
    return false;
  }
  const { parameters } = parseConnectionUrl(url, 'The URL');
  return !['user', 'host', 'hostaddr', 'port', 'dbname'].some((name) => parameters.get(name)?.includes(PIECE));
}
