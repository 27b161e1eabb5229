import type { ClientBase, Connection } from 'pg';
import { literal } from './sql.ts';

/** Settings by name. The values are as in SET: quoted where SQL needs it. */
export type TransactionSettings = ReadonlyMap<string, string>;

/** Statements that are barred from transactions, and so run without the settings. */
const BARRED = /^\s*(?:\/\*.*?\*\/\s*)?(?:vacuum|reindex|call|(?:drop|create(?:\s+unique)?)\s+index\s+concurrently)\b/i;

/**
 * Applies settings to everything that a client sends, for the duration of its transaction only: a pooler may hand the session
 * to another client. Outside a transaction they are sent ahead of the statement, in the same message, so that both are one
 * transaction and it takes no round trip more. The client must not use named statements.
 * @param settings read anew for each transaction
 */
export function setForTransactions(client: ClientBase, settings: TransactionSettings): void {
  const connection = connectionOf(client);
  const { query, parse, bind, execute, emit } = connection;
  let outsideTransaction = true;
  /** How many answers to statements of ours are to come, ahead of that to the client's. */
  let ours = 0;

  connection.query = (text) => {
    const ahead = outsideTransaction && !BARRED.test(text) ? [...settings].map(setLocal) : [];
    start(ahead.length);
    query.call(connection, [...ahead, text].join('; '));
  };
  connection.parse = (statement, more) => {
    if (outsideTransaction) {
      start(1);
      // Not SET LOCAL, which would log a warning here; in the other case, a query would be too early for BEGIN.
      const text = `select ${[...settings].map(setConfig).join(', ')}`;
      parse.call(connection, { ...statement, name: '', text, types: [] }, true);
      bind.call(connection, {}, true);
      execute.call(connection, {}, true);
    }
    parse.call(connection, statement, more);
  };
  connection.emit = (event, ...values: unknown[]) => {
    if (ours > 0 && (event === 'commandComplete' || event === 'dataRow')) {
      ours -= event === 'commandComplete' ? 1 : 0;
      return true;
    }
    if (event === 'readyForQuery') {
      const [message] = values as [{ status: string }];
      outsideTransaction = message.status === 'I';
      ours = 0;
    }
    return emit.call(connection, event, ...values);
  };

  function start(statements: number): void {
    outsideTransaction = false;
    ours = statements;
  }
}

/** The driver's connection of a client, which the types lack. */
export function connectionOf(client: ClientBase): Connection {
  return (client as unknown as { connection: Connection }).connection;
}

/** The server process of a client as reported at login, which the types lack; a pooler reports a number of its own. */
export function processIdOf(client: ClientBase): number | null {
  return (client as unknown as { processID: number | null }).processID;
}

function setLocal([name, value]: [string, string]): string {
  return `set local ${name} = ${value}`;
}

function setConfig([name, value]: [string, string]): string {
  return `set_config(${literal(name)}, ${literal(value)}, true)`;
}
