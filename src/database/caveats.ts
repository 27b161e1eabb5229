import type { Pool } from 'pg';

/** Called, by pool, with a sentence that whoever uses what was read has to know. */
export const caveats = new WeakMap<Pool, (sentence: string) => void>();
