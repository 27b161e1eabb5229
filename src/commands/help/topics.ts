/** The pages of `webmacs help` that are about no single command, and what each is about. */
export const TOPICS = {
  environment: 'where settings come from: variables and the configuration file',
  'exit-codes': 'what the exit codes mean, and how errors are printed',
  formats: 'tables, JSON, CSV; what is printed to a terminal and to a pipe',
  time: 'how times, time zones and durations are written',
  names: 'how to name a row: by name, public id, or the start of it',
} as const;

export type Topic = keyof typeof TOPICS;
