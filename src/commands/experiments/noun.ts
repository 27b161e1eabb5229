import { counted } from '../../cli/text.ts';
import { datapointCounts, type ExperimentRow, MANY } from '../../domain/experiments.ts';
import { Experiment } from '../../entities/index.ts';
import type { Noun } from '../standard/noun.ts';

export const EXPERIMENTS: Noun<ExperimentRow> = {
  entity: Experiment,
  singular: 'experiment',
  key: 'name',
  columns: ['name', 'started_on', 'stopped_on', 'public_id'],
  orderBy: { startedOn: 'desc' },
  choice: {
    columns: ['name', 'datapoints', 'started_on', 'stopped_on'],
    rows: async (em, experiments) => {
      const counts = await datapointCounts(em, experiments);
      return experiments.map(({ publicId }) => {
        const count = counts.get(publicId) ?? 0;
        const datapoints = count > MANY ? `over ${counted(MANY, 'datapoint')}` : counted(count, 'datapoint');
        return { datapoints };
      });
    },
  },
};
