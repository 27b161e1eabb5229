import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { readBundle } from '../../firmware/bundle.ts';

export function declareInspect(parent: Command, ctx: Context): void {
  parent
    .command('inspect')
    .argument('<bundle>', 'an update bundle of the server, a .tar.gz')
    .description('check an update bundle and the SHA-256 of its images, and print its contents; needs no database')
    .runs(ctx, inspect)
    .note('\nThe updater of the server takes files named webmacs-update-….tar.gz from WEBMACS_UPDATE_DIR.')
    .examples(
      ['webmacs firmware inspect webmacs-update-2.2.0.tar.gz'],
      ['webmacs firmware inspect webmacs-update-2.2.0.tar.gz --json | jq -r .version'],
    );
}

async function inspect(ctx: Context, path: string): Promise<void> {
  const bundle = await readBundle(path, ctx.signal);
  await ctx.output.one({
    file: bundle.path,
    version: bundle.version,
    changelog: bundle.changelog,
    created_at: bundle.createdAt,
    images: bundle.images,
    entries: bundle.entries,
    file_size_bytes: bundle.bytes,
    unpacked_bytes: bundle.unpackedBytes,
    file_hash_sha256: bundle.sha256,
  });
}
