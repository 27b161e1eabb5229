/** Room for `.csv`, a compression's suffix and what a temporary name adds, within the 255 bytes of most file systems. */
const MAX_STEM_BYTES = 220;

/**
 * The file that an experiment is exported to where no other is named: `experiment_{name}_{first 8 of public_id}.csv`,
 * blanks as `_`, slashes as `-`. Always a plain name inside the folder, whatever the experiment is called.
 */
export function exportFileName(experiment: { name: string; publicId: string }): string {
  const id = plain(experiment.publicId).slice(0, 8);
  return `experiment_${shortened(plain(experiment.name))}_${id}.csv`;
}

/** Without separators, control characters, or those that change the direction of what follows. */
function plain(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\s\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, '_')
    .replace(/[/\\]/g, '-');
}

/** Cut between characters. */
function shortened(text: string): string {
  let bytes = 0;
  let result = '';
  for (const character of text) {
    bytes += Buffer.byteLength(character);
    if (bytes > MAX_STEM_BYTES) {
      break;
    }
    result += character;
  }
  return result;
}
