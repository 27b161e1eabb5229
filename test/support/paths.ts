import { fileURLToPath } from 'node:url';

/** The built program, as a user starts it. */
export const PROGRAM = fileURLToPath(new URL('../../bin/webmacs.js', import.meta.url));

/** The working directory of the tests. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
