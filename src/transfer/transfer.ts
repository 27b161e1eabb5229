import type { ClientBase } from 'pg';
import { copyTo } from '../database/copy.ts';
import type { Database } from '../database/database.ts';
import { databaseFailure } from '../database/failure.ts';
import { identityOf } from '../database/identity.ts';
import { InvalidInputError } from '../errors.ts';
import { fieldsOf, withNonAdmins } from './mapping.ts';
import { copiesOf, countRows } from './measure.ts';
import { resumably, targetLock } from './progress.ts';
import { receive, type TransferredTable } from './receive.ts';
import type { ReceiveOptions, RowSource } from './row-source.ts';
import { asSide, withSide } from './side.ts';

export interface TransferOptions extends ReceiveOptions {
  /** The role of users that are not admins, if only the target has roles; default viewer. */
  nonAdmins?: 'operator' | 'viewer';
}

/**
 * Copies every row of the source, read in one snapshot, into the target: see `receive`.
 * @throws also LockTimeoutError while another transfer writes into the target; InterruptedError when aborted
 */
export async function transfer(
  source: Database,
  target: Database,
  { nonAdmins = 'viewer', ...options }: TransferOptions,
): Promise<TransferredTable[]> {
  const { signal } = options;
  return await resumably(signal, () =>
    withSide(source, { readOnly: true, signal }, ({ transaction }) =>
      transaction(async (client) =>
        withSide(target, { lock: targetLock(target.where, signal), signal }, async (to) => {
          const identity = await asSide(source, identityOf(client));
          if (identity === (await to.transaction(identityOf))) {
            throw new InvalidInputError('Source and target are the same database.');
          }
          return await receive(rowsIn(source, client, identity, nonAdmins), to, options);
        }),
      ),
    ),
  );
}

/** @param client in the transaction that holds the snapshot */
function rowsIn(database: Database, client: ClientBase, identity: string, nonAdmins: 'operator' | 'viewer'): RowSource {
  const tables = fieldsOf(withNonAdmins(database.layout, nonAdmins));
  return {
    ...{ identity, tables },
    count: async (table) => await asSide(database, countRows(client, table)),
    async *read(table, properties) {
      const fields = tables.find((candidate) => candidate.table === table)?.fields ?? [];
      const values = properties.flatMap((wanted) => fields.find(({ property }) => property === wanted)?.sql ?? []);
      try {
        for await (const copy of copiesOf(client, table, values)) {
          yield* copyTo(client, copy);
        }
      } catch (error) {
        throw databaseFailure(error, database.where);
      }
    },
  };
}
