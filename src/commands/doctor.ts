import type { Command } from '../cli/command.ts';
import type { Context } from '../cli/context.ts';
import { counted, printable } from '../cli/text.ts';
import { CheckFailedError } from '../errors.ts';
import { readText } from '../files/input.ts';
import { checkServer } from '../site/doctor.ts';
import { ServerSettings } from '../site/env-settings.ts';
import type { Finding } from '../site/finding.ts';

const MAX_FILE_BYTES = 1024 * 1024;

export function declareDoctor(command: Command, ctx: Context): void {
  command
    .argument('[file]', 'the settings of the server; - for standard input', '.env')
    .option(
      '--env-file <file>',
      'the same; but Node.js itself reads a file named by this option, as its own environment',
    )
    .runs(ctx, examine)
    .examples(
      ['webmacs doctor /opt/webmacs/.env', 'exit 6 if there is a problem; prints no secret'],
      ['webmacs doctor .env --database-url postgresql://webmacs@127.0.0.1/webmacs', 'for a container'],
      ['webmacs doctor --json | jq -r \'.[] | select(.status == "problem").fix\''],
    );
}

async function examine(
  ctx: Context,
  argument: string,
  { envFile: file = argument }: { envFile?: string },
): Promise<void> {
  const text = await readText(file, { maxBytes: MAX_FILE_BYTES, stdin: ctx.streams.stdin });
  const settings = new ServerSettings(text, file === '-' ? 'Standard input' : file, ctx.environment);
  const given = ctx.configuration.get('database_url');
  const findings = await ctx.progress('Checking', async () =>
    checkServer(settings, {
      environment: ctx.environment,
      now: ctx.now,
      databaseUrl: given?.origin === '--database-url' ? given.value : undefined,
    }),
  );
  if (ctx.output.forPeople) {
    await ctx.output.text(findings.map((finding) => `${shown(ctx, finding)}\n`).join(''));
  } else {
    await ctx.output.list(findings, ['check', 'status', 'finding', 'fix']);
  }
  const problems = findings.filter(({ status }) => status === 'problem').length;
  if (problems > 0) {
    throw new CheckFailedError(`${counted(problems, 'problem')} with the settings of the server.`);
  }
}

function shown({ output: { style } }: Context, { check, status, finding, fix }: Finding): string {
  const mark = { ok: style.green('✓'), note: '·', problem: style.red('✗') }[status];
  return `${mark} ${check}: ${printable(finding)}${fix === null ? '' : `\n    ${printable(fix)}`}`;
}
