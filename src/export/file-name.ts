import { truncateBytes } from '../text/truncate.ts';

/** Leaves room for `.csv`, a compression suffix and a temporary name within the 255 bytes of most file systems. */
const MAX_STEM_BYTES = 220;

/**
 * Returns the default file name of an export: `experiment_{name}_{first 8 of public_id}.csv`, with blanks as `_` and slashes
 * as `-`. Always a plain name in the current folder, whatever the experiment is called.
 */
export function exportFileName(experiment: { name: string; publicId: string }): string {
  const id = sanitize(experiment.publicId).slice(0, 8);
  return `experiment_${truncateBytes(sanitize(experiment.name), MAX_STEM_BYTES)}_${id}.csv`;
}

/** Replaces separators, control characters and bidirectional overrides. */
function sanitize(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\s\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, '_')
    .replace(/[/\\]/g, '-');
}
