import { isDeepStrictEqual } from 'node:util';
import type { EntityManager } from '@mikro-orm/postgresql';
import type { Pool } from 'pg';
import type { Database, Entity, OpenOptions } from '../database/database.ts';
import { embeddedDirectory } from '../database/embedded-server/directory.ts';
import { describeTarget, embeddedTarget, type Target } from '../database/target.ts';
import type { Environment } from '../environment.ts';
import { defined } from '../text/defined.ts';
import { quoted } from '../text/printable.ts';
import type { TimeZone } from '../text/time-zone.ts';
import { Configuration } from './configuration.ts';
import type { Context } from './context.ts';
import type { Form, Format } from './formats.ts';
import { Output } from './output.ts';
import { type ProgressForm, type ShowProgress, withProgress } from './progress.ts';
import { Prompts } from './prompts.ts';
import type { Streams } from './streams.ts';
import { type Style, styleFor } from './style.ts';
import { shownTimezone } from './timezone.ts';

export interface GlobalOptions {
  databaseUrl?: string;
  connection?: string;
  as?: string;
  /** Only of the commands that have it. */
  timezone?: string;
  format?: Format;
  json?: boolean;
  quiet?: boolean;
  color?: boolean;
  input?: boolean;
  yes?: boolean;
  progress?: 'auto' | 'plain' | 'none';
}

/** The context of one run of the program. Its options are set once the command line is parsed. */
export class Session implements Context, AsyncDisposable {
  readonly streams: Streams;
  readonly environment: Environment;
  readonly signal: AbortSignal;
  readonly calledAs: string;
  readonly now: () => Date;
  /**
   * The command and the names of its options, such as `users list --json`, once the command line is parsed. Runs with the same
   * value execute much the same code.
   */
  command: string | undefined;
  /** The options that the command has, such as `--json`, once the command line is parsed. */
  knownOptions: ReadonlySet<string> | undefined;
  #options: GlobalOptions = {};
  readonly #caveats: string[] = [];
  #configuration: Configuration | undefined;
  #configuredTarget: Target | undefined;
  #opened: { target: Target; database: Promise<Database> } | undefined;
  #em: EntityManager | undefined;
  #prompts: Prompts | undefined;
  #timezone: TimeZone | undefined;
  #isAnnounced = false;

  constructor(
    streams: Streams,
    environment: Environment,
    signal: AbortSignal,
    calledAs = 'webmacs',
    now = () => new Date(),
  ) {
    this.streams = streams;
    this.environment = environment;
    this.signal = signal;
    this.calledAs = calledAs;
    this.now = now;
  }

  configure(options: GlobalOptions): void {
    this.#options = options;
    this.#prompts = undefined;
  }

  get configuration(): Configuration {
    const { databaseUrl, as, timezone, connection } = this.#options;
    this.#configuration ??= new Configuration(
      this.environment,
      defined({ database_url: databaseUrl, as, timezone, connection }),
      () => this.embeddedDirectory,
      (message) => void this.output.warn(message),
    );
    return this.#configuration;
  }

  get format(): Form {
    return this.#options.json ? 'json' : (this.#options.format ?? 'auto');
  }

  get output(): Output {
    const look = {
      style: this.#style(this.streams.stdoutIsTerminal),
      ascii: this.environment.TERM === 'dumb',
      zone: () => this.#zone(),
    };
    const { streams, format } = this;
    return new Output({ streams, format, quiet: this.#options.quiet === true, look, caveats: this.#caveats });
  }

  get prompts(): Prompts {
    // A question that needs no database, such as that for a setting, is not about a connection.
    const announce = async () => await (this.#opened && this.announce());
    this.#prompts ??= new Prompts(this.streams, this.#options.input !== false, this.signal, announce);
    return this.#prompts;
  }

  get yes(): boolean {
    return this.#options.yes === true;
  }

  get messageStyle(): Style {
    return this.#style(this.streams.stderrIsTerminal);
  }

  async database(entities?: readonly Entity[]): Promise<Database> {
    const database = await this.#database(this.#configured, defined({ entities }));
    database.expectComplete();
    await database.expectLayout();
    database.discover(entities);
    return database;
  }

  async pool(): Promise<Pool> {
    return (await this.database([])).pool;
  }

  async databaseAsIs(): Promise<Database> {
    return await this.#database(this.#configured, { asIs: true });
  }

  async embeddedDatabase(): Promise<Database> {
    return await this.#database(embeddedTarget(this.embeddedDirectory, this.environment), { asIs: true });
  }

  async em(...entities: Entity[]): Promise<EntityManager> {
    const database = await this.database(entities.length > 0 ? entities : undefined);
    this.#em ??= database.em;
    return this.#em;
  }

  async progress<T>(label: string, work: (show: ShowProgress) => Promise<T>): Promise<T> {
    return await withProgress(
      { streams: this.streams, style: this.messageStyle, form: this.#progressForm },
      label,
      work,
    );
  }

  async announce(): Promise<void> {
    const { connection, target } = this.configuration.database();
    if (connection !== undefined && !this.#isAnnounced) {
      this.#isAnnounced = true;
      await this.output.say(`Connection ${quoted(connection)}: ${describeTarget(target)}`);
    }
  }

  async confirm(question: string, consequence: string): Promise<boolean> {
    await this.announce();
    return this.yes || (await this.prompts.confirm(question, consequence));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // A failure to connect has already been reported.
    const database = await this.#opened?.database.catch(() => undefined);
    await database?.close();
  }

  get #progressForm(): ProgressForm {
    const { quiet, progress = 'auto' } = this.#options;
    if (quiet || progress === 'none') {
      return 'none';
    }
    const isDumb = this.environment.TERM === 'dumb';
    return progress === 'auto' && this.streams.stderrIsTerminal && !isDumb
      ? 'drawn'
      : progress === 'plain' || this.streams.stderrIsTerminal
        ? 'plain'
        : 'none';
  }

  get embeddedDirectory(): string {
    return embeddedDirectory(this.environment, process.getuid?.() ?? -1);
  }

  get #configured(): Target {
    this.#configuredTarget ??= this.configuration.database().target;
    return this.#configuredTarget;
  }

  /** Opens the database of this run. The target is chosen once: what is meant for one database must not go to another. */
  async #database(target: Target, options: OpenOptions): Promise<Database> {
    this.#opened ??= { target, database: this.#open(target, options) };
    if (!isDeepStrictEqual(this.#opened.target, target)) {
      throw new Error(
        'This run already uses another database: a command uses either the configured or the embedded one.',
      );
    }
    return await this.#opened.database;
  }

  async #open(target: Target, options: OpenOptions): Promise<Database> {
    const { Database } = await import('../database/database.ts');
    return await this.progress('Connecting', async () =>
      Database.open(target, {
        onProgress: (message) => void this.output.say(message),
        onWarning: (message) => void this.output.warn(message),
        onCaveat: (sentence) => void this.output.caveat(sentence),
        ...options,
      }),
    );
  }

  #zone(): TimeZone {
    this.#timezone ??= shownTimezone(this);
    return this.#timezone;
  }

  #style(isTerminal: boolean): Style {
    return styleFor(isTerminal, this.environment, this.#options.color !== false);
  }
}
