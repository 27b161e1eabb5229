/**
 * Versions of Python packages: what is one, and which of two is the later.
 * @see https://packaging.python.org/en/latest/specifications/version-specifiers/
 */

/** A version taken apart. */
export interface Version {
  epoch: bigint;
  release: bigint[];
  pre: { phase: 'a' | 'b' | 'rc'; number: bigint } | undefined;
  post: bigint | undefined;
  dev: bigint | undefined;
  local: (bigint | string)[];
}

/** The column's width; it also bounds what the pattern has to look at. */
export const MAX_VERSION_CHARACTERS = 50;

const PATTERN = new RegExp(
  [
    '^v?(?:(?<epoch>[0-9]+)!)?(?<release>[0-9]+(?:\\.[0-9]+)*)',
    '(?:[-_.]?(?<phase>alpha|a|beta|b|preview|pre|c|rc)[-_.]?(?<pre>[0-9]*))?',
    '(?<post>-(?<implicit>[0-9]+)|[-_.]?(?:post|rev|r)[-_.]?(?<explicit>[0-9]*))?',
    '(?<dev>[-_.]?dev[-_.]?(?<devNumber>[0-9]*))?',
    '(?:\\+(?<local>[a-z0-9]+(?:[-_.][a-z0-9]+)*))?$',
  ].join(''),
  'i',
);

const PHASES: Record<string, 'a' | 'b' | 'rc'> = { a: 'a', alpha: 'a', b: 'b', beta: 'b' };

/** The version that a text writes, in any of the ways that PEP 440 permits, or `undefined`. */
export function parseVersion(text: string): Version | undefined {
  const groups = text.length > MAX_VERSION_CHARACTERS ? undefined : PATTERN.exec(text)?.groups;
  if (!groups) {
    return undefined;
  }
  const { epoch = '0', release = '0', phase, pre, post, implicit, explicit, dev, devNumber, local } = groups;
  return {
    epoch: BigInt(epoch),
    release: release.split('.').map(BigInt),
    pre: phase ? { phase: PHASES[phase.toLowerCase()] ?? 'rc', number: BigInt(pre || 0) } : undefined,
    post: post ? BigInt(implicit || explicit || 0) : undefined,
    dev: dev ? BigInt(devNumber || 0) : undefined,
    local: (local?.toLowerCase().split(/[-_.]/) ?? []).map((part) => (/^\d+$/.test(part) ? BigInt(part) : part)),
  };
}

/** Negative where `a` is the earlier version, positive where it is the later, 0 where they are the same. */
export function compareVersions(a: Version, b: Version): number {
  return compareLists(sortKey(a), sortKey(b)) || compareLists(a.local.map(localKey), b.local.map(localKey));
}

/** Whether two texts write the same version. */
export function sameVersion(a: string, b: string): boolean {
  const [first, second] = [parseVersion(a), parseVersion(b)];
  return first && second ? compareVersions(first, second) === 0 : a === b;
}

type Key = bigint | string | Key[];

const PRE_PHASES = { a: 0n, b: 1n, rc: 2n };
const FIRST = -1n;
const LAST = 3n;

function sortKey({ epoch, release, pre, post, dev }: Version): Key[] {
  const significant = release.slice(0, release.findLastIndex((part) => part !== 0n) + 1);
  // 1.0.dev1 comes before 1.0a1, which comes before 1.0, which comes before 1.0.post1.
  const onlyDev = pre === undefined && post === undefined && dev !== undefined;
  const preKey = pre ? [PRE_PHASES[pre.phase], pre.number] : [onlyDev ? FIRST : LAST];
  return [epoch, significant, preKey, post ?? FIRST, dev === undefined ? [1n] : [0n, dev]];
}

/** Numbers come after words. */
function localKey(part: bigint | string): Key {
  return typeof part === 'bigint' ? [1n, part] : [0n, part];
}

function compareLists(a: Key[], b: Key[]): number {
  for (const [at, left] of a.entries()) {
    const right = b[at];
    if (right === undefined) return 1;
    const order =
      Array.isArray(left) && Array.isArray(right)
        ? compareLists(left, right)
        : Number(left > right) - Number(left < right);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}
