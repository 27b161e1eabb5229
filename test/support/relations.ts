import { randomUUID } from 'node:crypto';
import { insert } from '../../src/database/repository.ts';
import { Rule } from '../../src/entities/index.ts';
import { freshDatabase, openDatabase } from './database.ts';
import { anEvent, anExperiment, aUser, datapoints } from './site.ts';

/** The required properties of a rule, except its relations. */
export const RULE = { operator: 'gt', threshold: 1, actionType: 'log' } as const;

/** Opens a new database with a user, two events, an experiment with the datapoints 0, 1, 2, and 0, 1 without experiment. */
export async function relatedRows() {
  const database = await freshDatabase();
  const opened = await openDatabase(database);
  const user = await aUser(database, { username: 'ada' });
  const air = await anEvent(database, { name: 'Air flow', owner: user.publicId });
  const bed = await anEvent(database, { name: 'Bed temperature', owner: user.publicId });
  const run = await anExperiment(database, { name: 'Run 7', owner: user.publicId });
  await datapoints(database, 3, { event: air.publicId, experiment: run.publicId });
  await datapoints(database, 2, { event: bed.publicId });
  return {
    database,
    opened,
    user,
    air,
    bed,
    run,
    aRule: async (event = air.publicId) =>
      await insert(opened.em, Rule, { ...RULE, name: randomUUID(), event, user: user.publicId }),
    async [Symbol.asyncDispose]() {
      await opened.close();
      await database[Symbol.asyncDispose]();
    },
  };
}
