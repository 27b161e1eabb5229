import type { EntityManager } from '@mikro-orm/postgresql';
import type { Pool } from 'pg';
import type { Database, Entity } from '../database/database.ts';
import type { Environment } from '../environment.ts';
import type { Configuration } from './configuration.ts';
import type { Output } from './output.ts';
import type { ShowProgress } from './progress.ts';
import type { Prompts } from './prompts.ts';
import type { Streams } from './streams.ts';

/** What a command gets from its environment; opened on first use, so that `--help` opens nothing. */
export interface Context {
  /** How the user calls the program, for suggested commands. */
  readonly calledAs: string;
  readonly streams: Streams;
  readonly environment: Environment;
  readonly configuration: Configuration;
  readonly output: Output;
  readonly prompts: Prompts;
  /** Aborted by Ctrl-C or SIGTERM. */
  readonly signal: AbortSignal;
  /** Whether destructive commands skip their confirmation. */
  readonly yes: boolean;
  now(): Date;
  /** Connects once, and checks that the database has a supported layout. */
  database(): Promise<Database>;
  /** Returns its connection pool only, which is faster when no entity is needed. */
  pool(): Promise<Pool>;
  /** Connects whatever the database contains, for commands that create or describe its schema. */
  databaseAsIs(): Promise<Database>;
  readonly embeddedDirectory: string;
  /** Connects to the embedded server, whatever database is configured. */
  embeddedDatabase(): Promise<Database>;
  /** Returns the entity manager of this run; naming the entities that are needed is faster than to open all. */
  em(...entities: Entity[]): Promise<EntityManager>;
  /** Calls `work`, and shows its progress on stderr meanwhile, where that is wanted: see `withProgress`. */
  progress<T>(label: string, work: (show: ShowProgress) => Promise<T>): Promise<T>;
  /** Shows which named connection is used, if any, and once only: before rows are deleted, and before a question. */
  announce(): Promise<void>;
  /** Asks whether to go on, unless `--yes` is given, see `Prompts.confirm`; announces the connection in both cases. */
  confirm(question: string, consequence: string): Promise<boolean>;
}
