import { parseVersion, VERSION_LIMITS, type Version } from '../version.ts';
import { WheelRefusal } from './refusal.ts';

/** The parts of the file name of a wheel. */
export interface WheelName {
  distribution: string;
  version: Version;
  /** Such as `py3-none-any`; one per combination of a compressed tag set. */
  tags: string[];
}

const PARTS = /^([^-]+)-([^-]+)(?:-(\d[^-]*))?-([^-]+)-([^-]+)-([^-]+)\.whl$/;
const TAG = /^\w+(?:\.\w+)*-\w+(?:\.\w+)*-\w+(?:\.\w+)*$/;
/** Maximum of expanded tags; real wheels have a dozen. */
const MAX_TAGS = 1000;

/**
 * Parses the file name of a wheel.
 * @see https://packaging.python.org/en/latest/specifications/binary-distribution-format/#file-name-convention
 * @throws WheelRefusal
 */
export function parseWheelName(file: string): WheelName {
  const [, distribution = '', versionText = '', , python = '', abi = '', platform = ''] = PARTS.exec(file) ?? [];
  if (distribution === '') {
    throw new WheelRefusal(file, 'file-name', 'the file name is not a wheel name');
  }
  if (!/^[a-z0-9](?:[a-z0-9._]*[a-z0-9])?$/i.test(distribution)) {
    throw new WheelRefusal(file, 'name', `"${distribution}" in the file name is not a valid package name`);
  }
  // Older tools replace a dash in the version by an underscore.
  const version = parseVersion(versionText) ?? parseVersion(versionText.replaceAll('_', '-'));
  if (!version) {
    const what = `"${versionText}" in the file name is not a valid version (${VERSION_LIMITS})`;
    throw new WheelRefusal(file, 'version', what);
  }
  const tags = expandTag(`${python}-${abi}-${platform}`);
  if (!tags) {
    throw new WheelRefusal(file, 'tags', `"${python}-${abi}-${platform}" in the file name is not a valid tag`);
  }
  return { distribution, version, tags };
}

/** Expands `py2.py3-none-any` to `py2-none-any` and `py3-none-any`; `undefined` for an invalid tag. */
export function expandTag(tag: string): string[] | undefined {
  const [pythons = [], abis = [], platforms = []] = tag.split('-').map((set) => set.split('.'));
  if (!TAG.test(tag) || pythons.length * abis.length * platforms.length > MAX_TAGS) {
    return undefined;
  }
  return pythons.flatMap((python) =>
    abis.flatMap((abi) => platforms.map((platform) => `${python}-${abi}-${platform}`)),
  );
}
