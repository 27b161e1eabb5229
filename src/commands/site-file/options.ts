import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { repeated } from '../../cli/parse.ts';
import { InvalidInputError } from '../../errors.ts';
import { declaredSite } from '../../site-file/declare.ts';
import { KIND_NAMES, type Site } from '../../site-file/model.ts';
import { readSources } from '../../site-file/sources.ts';

/** Which files to read, and how. */
export interface FileOptions {
  file: string[];
  set?: string[];
  allowPlainSecrets?: boolean;
}

export interface PlanGiven extends FileOptions {
  prune?: boolean;
  only?: string[];
}

export function fileOptions(command: Command): Command {
  return command
    .requiredOption(
      '-f, --file <path>',
      'file or folder of YAML or JSON, - for standard input; can be repeated',
      repeated,
    )
    .with(setOption)
    .option('--allow-plain-secrets', 'accept passwords and secrets in the files');
}

export function setOption(command: Command): Command {
  return command.option(
    '--set <key=value>',
    `value of \${KEY} in the files, before the environment; can be repeated`,
    repeated,
  );
}

export function planOptions(command: Command): Command {
  return fileOptions(command)
    .option('--prune', 'delete rows that the files do not have, of the kinds that they have')
    .with(onlyOption);
}

export function onlyOption(command: Command): Command {
  return command.option('--only <kinds>', `only these kinds, separated by commas: ${KINDS.join(', ')}`, kindNames);
}

const KINDS = KIND_NAMES.filter((name) => name !== 'widgets' && name !== 'channels');

function kindNames(text: string): string[] {
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !KINDS.some((kind) => kind === name));
  if (unknown !== undefined) {
    throw new InvalidInputError(`--only: there is no kind "${unknown}".`, { hint: `Kinds: ${KINDS.join(', ')}.` });
  }
  return names;
}

export async function siteOf(ctx: Context, { file, set = [], allowPlainSecrets = false }: FileOptions): Promise<Site> {
  const sources = await readSources(file, ctx.streams.stdin);
  return declaredSite(sources, { variables: variablesOf(ctx, set), allowPlainSecrets });
}

/**
 * Returns the variables of files.
 * @throws InvalidInputError
 */
export function variablesOf(ctx: Context, set: readonly string[]): Record<string, string | undefined> {
  const given = Object.fromEntries(
    set.map((text) => {
      const [, key, value = ''] = /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/s.exec(text) ?? [];
      if (key === undefined) {
        throw new InvalidInputError(`--set ${text.split('=')[0]}: expected KEY=VALUE.`);
      }
      return [key, value];
    }),
  );
  return { ...ctx.environment, ...given };
}
