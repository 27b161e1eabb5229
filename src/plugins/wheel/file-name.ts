import { parseVersion, VERSION_LIMITS, type Version } from '../version.ts';
import { WheelRefusal } from './refusal.ts';

/** What the name of a wheel says. */
export interface WheelName {
  distribution: string;
  version: Version;
  /** `py3-none-any`, one for each combination that a compressed set of tags stands for. */
  tags: string[];
}

const PARTS = /^([^-]+)-([^-]+)(?:-(\d[^-]*))?-([^-]+)-([^-]+)-([^-]+)\.whl$/;
const TAG = /^\w+(?:\.\w+)*-\w+(?:\.\w+)*-\w+(?:\.\w+)*$/;
/** Of the combinations that a file name may stand for: a real one has a dozen. */
const MAX_TAGS = 1000;

/**
 * Reads the name of a wheel.
 * @see https://packaging.python.org/en/latest/specifications/binary-distribution-format/#file-name-convention
 * @throws WheelRefusal
 */
export function parseWheelName(file: string): WheelName {
  const [, distribution = '', versionText = '', , python = '', abi = '', platform = ''] = PARTS.exec(file) ?? [];
  if (distribution === '') {
    throw new WheelRefusal(file, 'file-name', 'the file name is not that of a wheel');
  }
  if (!/^[a-z0-9](?:[a-z0-9._]*[a-z0-9])?$/i.test(distribution)) {
    throw new WheelRefusal(file, 'name', `"${distribution}" in the file name is no name of a package`);
  }
  // Older tools write a dash of the version as an underscore.
  const version = parseVersion(versionText) ?? parseVersion(versionText.replaceAll('_', '-'));
  if (!version) {
    throw new WheelRefusal(file, 'version', `"${versionText}" in the file name is no version of ${VERSION_LIMITS}`);
  }
  const tags = expandTag(`${python}-${abi}-${platform}`);
  if (!tags) {
    throw new WheelRefusal(file, 'tags', `"${python}-${abi}-${platform}" in the file name are no tags`);
  }
  return { distribution, version, tags };
}

/** `py2.py3-none-any` as `py2-none-any` and `py3-none-any`; `undefined` for what is no tag. */
export function expandTag(tag: string): string[] | undefined {
  const [pythons = [], abis = [], platforms = []] = tag.split('-').map((set) => set.split('.'));
  if (!TAG.test(tag) || pythons.length * abis.length * platforms.length > MAX_TAGS) {
    return undefined;
  }
  return pythons.flatMap((python) =>
    abis.flatMap((abi) => platforms.map((platform) => `${python}-${abi}-${platform}`)),
  );
}
