/** The group of entry points that the controller loads plugins from. */
export const PLUGIN_GROUP = 'webmacs.plugins';

/** The id of a plugin, and its object as `MODULE:OBJECT`. */
export interface EntryPoint {
  name: string;
  object: string;
}

const IDENTIFIERS = '[\\p{L}_][\\p{L}\\p{N}_]*(?:\\.[\\p{L}_][\\p{L}\\p{N}_]*)*';
const OBJECT = new RegExp(`^${IDENTIFIERS}(?:\\s*:\\s*${IDENTIFIERS})?\\s*(?:\\[[^\\]]*\\])?$`, 'u');

/**
 * Parses the entry points of the plugins' group.
 * @see https://packaging.python.org/en/latest/specifications/entry-points/#file-format
 * @returns the entry points, or what is wrong
 */
export function pluginEntryPoints(text: string): EntryPoint[] | { what: string } {
  const found = new Map<string, EntryPoint>();
  let group: string | undefined;
  for (const raw of text.split(/\r?\n/)) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#') || line.startsWith(';')) {
      continue;
    }
    const [, section] = /^\[([^\]]*)\]$/.exec(line) ?? [];
    if (section !== undefined) {
      group = section.trim();
      continue;
    }
    if (group !== PLUGIN_GROUP) {
      continue;
    }
    const equals = line.indexOf('=');
    const [name, object] = [line.slice(0, Math.max(equals, 0)).trim(), line.slice(equals + 1).trim()];
    if (name === '') {
      return { what: `"${line}" is not an entry point` };
    }
    if (!/^[a-zA-Z0-9._-]{1,100}$/.test(name)) {
      return { what: `"${name}" is not a valid plugin id` };
    }
    if (!OBJECT.test(object)) {
      return { what: `plugin "${name}" is "${object}", which is not MODULE:OBJECT` };
    }
    if (found.has(name)) {
      return { what: `plugin "${name}" occurs twice` };
    }
    found.set(name, { name, object });
  }
  return found.size > 0 ? [...found.values()] : { what: `it has no plugin in the group [${PLUGIN_GROUP}]` };
}
