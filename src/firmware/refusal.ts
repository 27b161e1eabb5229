import { InvalidInputError } from '../errors.ts';

const RULE =
  'The rule: a bundle is one gzip-compressed tar archive of plain files, with a manifest.json, which has "version" and ' +
  '"images_sha256", and images.tar.';

/** A bundle that is not valid, or not one at all. */
export class BundleRefusal extends InvalidInputError {
  /** @param entry the path of the entry that it is about */
  constructor(file: string, what: string, entry?: string, cause?: unknown) {
    super(`${entry === undefined ? file : `${file}, entry "${entry}"`}: ${what}.`, { hint: RULE, cause });
  }
}
