import { afterAll, vi } from 'vitest';

/**
 * Lets the program hash passwords by bcrypt at cost 4 until the end of the test file: the cost of 12 takes 256 times as long,
 * and has tests of its own.
 */
export function cheapHashes(): void {
  mock();
  afterAll(() => void vi.doUnmock('bcryptjs'));
}

/** Runs a part of such a test file with the program's own cost. */
export async function withRealHashes<T>(run: () => Promise<T>): Promise<T> {
  vi.doUnmock('bcryptjs');
  try {
    return await run();
  } finally {
    mock();
  }
}

function mock(): void {
  vi.doMock('bcryptjs', async (importOriginal) => {
    const bcrypt = await importOriginal<typeof import('bcryptjs')>();
    return { ...bcrypt, hash: async (password: string) => await bcrypt.hash(password, 4) };
  });
}
