import { defineEntity, p } from '@mikro-orm/core';
import { ids, now } from './columns.ts';
import { Event } from './event.ts';
import { Experiment } from './experiment.ts';
import { DoubleType, IdType } from './types.ts';
import { uuidv7 } from './uuid.ts';

export const DatapointSchema = defineEntity({
  name: 'Datapoint',
  tableName: 'datapoints',
  properties: {
    ...ids(uuidv7),
    // In older databases still an integer.
    id: p.type(IdType).primary(),
    value: p.type(DoubleType),
    timestamp: now().index(),
    event: () => p.manyToOne(Event).joinColumn('event_public_id').deleteRule('cascade').ref(),
    experiment: () =>
      p.manyToOne(Experiment).joinColumn('experiment_public_id').deleteRule('set null').nullable().ref(),
    createdOn: now(),
  },
  indexes: [
    { name: 'ix_datapoints_event_ts', properties: ['event', 'timestamp'] },
    { name: 'ix_datapoints_experiment_ts', properties: ['experiment', 'timestamp'] },
  ],
});

/** One measured value of one event at one moment. Bulk writes go through COPY, not through this entity. */
export class Datapoint extends DatapointSchema.class {}
DatapointSchema.setClass(Datapoint);
