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
    name: 'tokens',
    description: 'revoked tokens, and the API tokens of programs: revoke, list, prune',
    load: async () => (await import('./tokens/index.ts')).declareTokens,
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
    description: 'measured values: import CSV, list, summarise, delete, prune',
    load: async () => (await import('./datapoints/index.ts')).declareDatapoints,
  },
  {
    name: 'rules',
    description: 'thresholds on values: what triggers a log entry or a webhook; try them on recordings',
    load: async () => (await import('./rules/index.ts')).declareRules,
  },
  {
    name: 'webhooks',
    description: 'HTTP callbacks: subscribe, test, verify, redeliver, listen',
    load: async () => (await import('./webhooks/index.ts')).declareWebhooks,
  },
  {
    name: 'dashboards',
    description: 'layouts of widgets on a grid: draw, arrange, share',
    load: async () => (await import('./dashboards/index.ts')).declareDashboards,
  },
  {
    name: 'plugins',
    description: 'plugin packages, their configured instances and channels: install, verify, map',
    load: async () => (await import('./plugins/index.ts')).declarePlugins,
  },
  {
    name: 'firmware',
    description: 'firmware versions, and how far their updates have come',
    load: async () => (await import('./firmware/index.ts')).declareFirmware,
  },
  {
    name: 'logs',
    description: 'the log of the site: list, follow, add, mark as read, prune',
    load: async () => (await import('./logs/index.ts')).declareLogs,
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
