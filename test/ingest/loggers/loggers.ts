import { INSTRUMENTS } from './instruments.ts';
import type { Form } from './logger-file.ts';
import { SERVICES } from './services.ts';

/** Files in the manner of real loggers: `fileOf(form, rows)` writes one. */
export const LOGGERS: readonly Form[] = [...INSTRUMENTS, ...SERVICES];

/** The names of the events that the files have. */
export const LOGGED_EVENTS = [...new Set(LOGGERS.flatMap(({ events }) => Object.values(events)))];
