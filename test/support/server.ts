import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** Connection string of the test server's maintenance database. */
    serverUrl: string;
  }
}

/** Provisional: the embedded server takes this place. */
export default async function setup(project: TestProject): Promise<void> {
  project.provide('serverUrl', process.env.WEBMACS_TEST_SERVER ?? 'postgresql://webmacs@localhost/postgres?host=/tmp/devpg');
}
