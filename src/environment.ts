/** Environment variables, as a value that a test can make. */
export type Environment = Record<string, string | undefined>;
