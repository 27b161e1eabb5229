import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ZipEntry, type ZipOptions, zipOf } from './zip.ts';

export interface WheelParts {
  name?: string;
  version?: string;
  /** Of the file name. */
  tag?: string;
  /** Plugin ids; the lines of entry_points.txt where it is a text. */
  plugins?: string[] | string;
  metadata?: string;
  wheel?: string;
  distInfo?: string;
  /** Beside the package's own module. */
  files?: ZipEntry[];
  /** Changes the lines of RECORD. */
  record?: (lines: string[]) => string[];
  /** Changes the entries last of all. */
  entries?: ((entries: ZipEntry[]) => ZipEntry[]) | undefined;
  zip?: ZipOptions;
  fileName?: string;
}

/** A good wheel with one module and one plugin, but for the parts that are given. */
export function aWheel(parts: WheelParts = {}): { file: string; bytes: Buffer } {
  const { name = 'demo-plugin', version = '1.0', tag = 'py3-none-any', plugins = ['demo'] } = parts;
  const escaped = name.replace(/[-_.]+/g, '_');
  const distInfo = parts.distInfo ?? `${escaped}-${version}.dist-info`;
  const lines = Array.isArray(plugins) ? plugins.map((id) => `${id} = ${escaped}:Plugin`).join('\n') : plugins;
  const entries: ZipEntry[] = [
    { name: `${escaped}/__init__.py`, content: `VERSION = '${version}'\n\n\nclass Plugin:\n    pass\n`, method: 8 },
    ...(parts.files ?? []),
    {
      name: `${distInfo}/METADATA`,
      content:
        parts.metadata ?? `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\nSummary: A demo\n\nText.\n`,
      method: 8,
    },
    {
      name: `${distInfo}/WHEEL`,
      content: parts.wheel ?? `Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: ${tag}\n`,
    },
    { name: `${distInfo}/entry_points.txt`, content: Array.isArray(plugins) ? `[webmacs.plugins]\n${lines}\n` : lines },
  ];
  const listed = entries.filter(({ name }) => !String(name).endsWith('/')).map(recordLine);
  const record = (parts.record ?? ((all) => all))([...listed, `${distInfo}/RECORD,,`]);
  entries.push({ name: `${distInfo}/RECORD`, content: `${record.join('\n')}\n` });
  return {
    file: parts.fileName ?? `${escaped}-${version}-${tag}.whl`,
    bytes: zipOf((parts.entries ?? ((all) => all))(entries), parts.zip),
  };
}

/** Writes a wheel into a folder, and returns its path. */
export function wheelIn(folder: string, parts: WheelParts = {}): string {
  const { file, bytes } = aWheel(parts);
  const path = join(folder, file);
  writeFileSync(path, bytes);
  return path;
}

function recordLine({ name, content = '' }: ZipEntry): string {
  const bytes = Buffer.isBuffer(content) ? content : Buffer.from(content);
  return `${name},sha256=${createHash('sha256').update(bytes).digest('base64url')},${bytes.length}`;
}
