import type { ExperimentRow } from '../../domain/experiments.ts';
import { Experiment } from '../../entities/index.ts';
import type { Noun } from '../standard/noun.ts';

export const EXPERIMENTS: Noun<ExperimentRow> = {
  entity: Experiment,
  singular: 'experiment',
  key: 'name',
  columns: ['name', 'started_on', 'stopped_on', 'public_id'],
  orderBy: { startedOn: 'desc' },
};
