import type { Noun } from '../cli/program.ts';

/** The nouns in the order in which the help lists them; a noun's code is loaded when it is used. */
export const NOUNS: Noun[] = [
  {
    name: 'demo',
    description: 'see it work: a simulated rig, an experiment of 100,000 datapoints, its CSV',
    load: async () => (await import('./demo.ts')).declareDemo,
  },
  {
    name: 'users',
    description: 'accounts that may log in',
    load: async () => (await import('./users/index.ts')).declareUsers,
  },
  {
    name: 'events',
    description: 'definitions of sensor and actuator channels',
    load: async () => (await import('./events/index.ts')).declareEvents,
  },
  {
    name: 'experiments',
    description: 'timed campaigns: start, stop, export as CSV',
    load: async () => (await import('./experiments/index.ts')).declareExperiments,
  },
  {
    name: 'datapoints',
    description: 'measured values: import CSV, list, summarise, delete',
    load: async () => (await import('./datapoints/index.ts')).declareDatapoints,
  },
  {
    name: 'tokens',
    description: 'keys of programs for the WebMACS server',
    load: async () => (await import('./tokens/index.ts')).declareTokens,
  },
  {
    name: 'db',
    description: 'the database: migrations, drift, the embedded server',
    load: async () => (await import('./db/index.ts')).declareDb,
  },
  {
    name: 'migrate-from',
    description: 'copy everything from one database into another, whatever the layout of either',
    load: async () => (await import('./migrate-from.ts')).declareMigrateFrom,
  },
  {
    name: 'config',
    description: 'the configuration file',
    load: async () => (await import('./config/index.ts')).declareConfig,
  },
  {
    name: 'version',
    description: 'versions of program, Node, server and schema',
    load: async () => (await import('./version.ts')).declareVersion,
  },
];
