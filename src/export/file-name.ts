import { replaceHidden } from '../text/printable.ts';
import { truncateBytes } from '../text/truncate.ts';

/** Leaves room for a suffix, a compression suffix and a temporary name within the 255 bytes of most file systems. */
const MAX_STEM_BYTES = 220;

/**
 * Returns the default file name of an export: `experiment_{name}_{first 8 of public_id}` and a suffix, with blanks as `_` and slashes
 * as `-`. Always a plain name in the current folder, whatever the experiment is called.
 */
export function exportFileName(experiment: { name: string; publicId: string }, suffix: string): string {
  const { name, publicId } = experiment;
  return sanitize(`experiment_${truncateBytes(name, MAX_STEM_BYTES)}_${publicId.slice(0, 8)}${suffix}`);
}

/** Replaces separators, and what a reader would not see in a list of files. */
function sanitize(text: string): string {
  return replaceHidden(text, () => '_')
    .replace(/\s/g, '_')
    .replace(/[/\\]/g, '-');
}
