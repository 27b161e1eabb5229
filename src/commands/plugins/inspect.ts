import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { CheckFailedError } from '../../errors.ts';
import { pythonPath, pythonVersion } from '../../plugins/python.ts';
import { fulfils } from '../../plugins/version.ts';
import { readWheel } from '../../plugins/wheel/read.ts';

export function declareInspect(parent: Command, ctx: Context): void {
  parent
    .command('inspect')
    .argument('<wheel>', 'a file NAME-VERSION-….whl')
    .description('check a wheel as an installation does, and print its contents; needs no database')
    .option('--python <path>', 'also check that the wheel supports this Python; exits 6 if not')
    .runs(ctx, inspect)
    .examples(
      ['webmacs plugins inspect webmacs_revpi-1.2.0-py3-none-any.whl'],
      ['webmacs plugins inspect webmacs_revpi-1.2.0-py3-none-any.whl --json | jq -r .plugin_ids[]'],
    );
}

async function inspect(ctx: Context, path: string, { python }: { python?: string }): Promise<void> {
  const wheel = await readWheel(path);
  await ctx.output.one({
    file: wheel.file,
    package_name: wheel.name,
    version: wheel.version,
    summary: wheel.summary ?? null,
    requires_python: wheel.requiresPython ?? null,
    tags: wheel.tags,
    plugin_ids: wheel.pluginIds,
    entries: wheel.entries,
    file_size_bytes: wheel.sizeBytes,
    unpacked_bytes: wheel.unpackedBytes,
    file_hash_sha256: wheel.sha256,
  });
  const { requiresPython } = wheel;
  if (python === undefined || requiresPython === undefined) {
    return;
  }
  const version = await pythonVersion(pythonPath(python), ctx);
  if (!fulfils(version, requiresPython)) {
    throw new CheckFailedError(`${wheel.file} requires Python ${requiresPython}; ${python} is Python ${version}.`, {
      hint: 'Install a version of the plugin for this Python, or use another Python.',
    });
  }
}
