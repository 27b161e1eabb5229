import { replaceHidden } from '../text/printable.ts';
import { truncateBytes } from '../text/truncate.ts';

/** Leaves room for a number, a suffix and one of compression within the 255 bytes of most file systems. */
const MAX_STEM_BYTES = 240;
const MAX_NAME_BYTES = 220;
const MAX_NAME_BYTES_BESIDE_IDS = 140;

export interface Named {
  name: string;
  publicId: string;
}

/** What a file is about: an experiment, an event, an event of an experiment, a dashboard, or any datapoints. */
export interface FileSubject {
  experiment?: Named;
  event?: Named;
  dashboard?: Named;
}

/**
 * Returns the default file names of an export: `experiment_{name}_{first 8 of public_id}`, `experiment_…_{event name}`,
 * `event_{name}_{first 8 of public_id}` or `datapoints`, and the suffix; with blanks as `_` and slashes as `-`. Always plain names,
 * whatever is in the database, and no two that a file system could take for one: these have the whole ids.
 */
export function exportFileNames(subjects: readonly FileSubject[], suffix: string): string[] {
  const stems = subjects.map((subject) => stemOf(subject, false));
  const count = new Map<string, number>();
  for (const stem of stems) {
    count.set(folded(stem), (count.get(folded(stem)) ?? 0) + 1);
  }
  const used = new Set<string>();
  return subjects.map((subject, at) => {
    const short = stems[at] ?? '';
    const stem = count.get(folded(short)) === 1 ? short : stemOf(subject, true);
    let distinct = stem;
    for (let number = 2; used.has(folded(distinct)); number++) {
      distinct = `${stem}_${number}`;
    }
    used.add(folded(distinct));
    return `${distinct}${suffix}`;
  });
}

/** @param full whether to use whole ids, and that of the event in any case */
function stemOf({ experiment, event, dashboard }: FileSubject, full: boolean): string {
  const maxBytes = (full ? MAX_NAME_BYTES_BESIDE_IDS : MAX_NAME_BYTES) / (experiment && event ? 2 : 1);
  const nameOf = ({ name }: Named) => truncateBytes(name, maxBytes);
  const idOf = ({ publicId }: Named) => (full ? publicId : publicId.slice(0, 8));
  const ofExperiment = experiment ? ['experiment', nameOf(experiment), idOf(experiment)] : [];
  const ofEvent = event ? [...(experiment ? [] : ['event']), nameOf(event)] : [];
  const idOfEvent = event && (full || !experiment) ? [idOf(event)] : [];
  const ofDashboard = dashboard ? ['dashboard', nameOf(dashboard), idOf(dashboard)] : [];
  const stem = [...ofDashboard, ...ofExperiment, ...ofEvent, ...idOfEvent].join('_') || 'datapoints';
  return truncateBytes(sanitize(stem), MAX_STEM_BYTES);
}

/** What is the same for a file system that ignores case. */
function folded(name: string): string {
  return name.normalize('NFC').toLowerCase();
}

/** Replaces separators, and what a reader would not see in a list of files. */
function sanitize(text: string): string {
  return replaceHidden(text, () => '_')
    .replace(/\s/g, '_')
    .replace(/[/\\]/g, '-');
}
