import type { EntityManager } from '@mikro-orm/postgresql';
import type { Pool } from 'pg';
import type { Database, Entity } from '../database/database.ts';
import type { Environment } from '../environment.ts';
import type { Configuration } from './configuration.ts';
import type { Output } from './output.ts';
import type { ProgressBar } from './progress.ts';
import type { Prompts } from './prompts.ts';
import type { Streams } from './streams.ts';

/** All that a command gets from its surroundings; opened when first used, so that `--help` opens nothing. */
export interface Context {
  /** How the user calls the program, for commands to type next. */
  readonly calledAs: string;
  readonly streams: Streams;
  readonly environment: Environment;
  readonly configuration: Configuration;
  readonly output: Output;
  readonly prompts: Prompts;
  /** Aborted by Ctrl-C or SIGTERM. */
  readonly signal: AbortSignal;
  /** Destructive commands go ahead without asking. */
  readonly yes: boolean;
  now(): Date;
  /** The database, connected once, in one of the layouts that the program works on. */
  database(): Promise<Database>;
  /** Its connections alone: for what needs no entity they are there sooner. */
  pool(): Promise<Pool>;
  /** The database whatever is in it, for the commands that make or describe its schema. */
  databaseAsIs(): Promise<Database>;
  /** Where the embedded server keeps its data. */
  readonly embeddedDirectory: string;
  /** The embedded server's database, whatever else is configured. */
  embeddedDatabase(): Promise<Database>;
  /** An entity manager on the database; with an entity, one that need not know others, which is there sooner. */
  em(entity?: Entity): Promise<EntityManager>;
  /** A new progress line; invisible where nobody watches. */
  progress(): ProgressBar;
}
