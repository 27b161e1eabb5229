import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Licences that only require their notice to be included. */
const PERMISSIVE = new Set(['MIT', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD', 'Apache-2.0']);

/**
 * Returns the copyright and permission notices of the packages in a bundle.
 * @param inputs the source files of the bundle, relative to `root`
 * @throws Error if a package has no licence text, or a licence that has not been reviewed yet
 */
export function thirdPartyNotices(root: string, inputs: string[]): string {
  const folders = [...new Set(inputs.flatMap((file) => packageFolder(file) ?? []))].sort();
  const notices = folders.map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
    if (!PERMISSIVE.has(license)) {
      throw new Error(`${folder} has the licence "${license}": check that it may be bundled, then add it to the list.`);
    }
    return `${name} ${version} (${license})\n\n${licenceText(join(root, folder))}\n`;
  });
  const head = 'The files in dist/ contain the following packages, under the licences of their authors.\n';
  return [head, ...notices].join(`\n${'-'.repeat(80)}\n\n`);
}

function packageFolder(file: string): string | undefined {
  return /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(file)?.[0];
}

function licenceText(folder: string): string {
  const names = readdirSync(folder).sort();
  const files = names.filter((name) => /^(licen[cs]e|copying|notice)/i.test(name));
  const texts = files.map((name) => readFileSync(join(folder, name), 'utf8').trim());
  const readme = names.find((name) => /^readme/i.test(name));
  const text = texts.join('\n\n') || (readme && sectionOf(readFileSync(join(folder, readme), 'utf8')));
  if (!text || !/copyright/i.test(text)) {
    throw new Error(`${folder} has no licence, neither as a file nor in its README.`);
  }
  return text.replace(/\r\n/g, '\n');
}

/** Returns the section "License" of a README. */
function sectionOf(readme: string): string | undefined {
  const [, section] = /^#+\s*licen[cs]e\s*\n([\s\S]*?)(?=^#+\s|(?![\s\S]))/im.exec(readme) ?? [];
  return section?.trim();
}
