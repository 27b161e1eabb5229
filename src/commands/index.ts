import type { Noun } from '../cli/program.ts';
import { TOPICS } from './help/topics.ts';

/** The nouns by their group in the help, in its order; the code of a noun is loaded when it is used. */
const GROUPS: Record<string, Omit<Noun, 'group'>[]> = {
  'Set-up:': [
    {
      name: 'apply',
      description: 'make the set-up as a file declares it: users, events, rules, webhooks, dashboards, plugins',
      load: async () => (await import('./site-file/apply.ts')).declareApply,
    },
    {
      name: 'diff',
      description: 'show how the set-up differs from a file',
      load: async () => (await import('./site-file/apply.ts')).declareDiff,
    },
    {
      name: 'dump',
      description: 'write the set-up as a file',
      load: async () => (await import('./site-file/dump.ts')).declareDump,
    },
    {
      name: 'validate',
      description: 'check a file without a database',
      load: async () => (await import('./site-file/validate.ts')).declareValidate,
    },
    {
      name: 'init',
      description: 'write a file to start with',
      load: async () => (await import('./site-file/validate.ts')).declareInit,
    },
    {
      name: 'schema',
      description: 'print the JSON Schema of the file, for editors',
      load: async () => (await import('./site-file/validate.ts')).declareSchema,
    },
    {
      name: 'users',
      description: 'accounts that can log in',
      examples: [
        ['webmacs users create alice --email alice@lab.org --admin', 'asks for a password'],
        ['webmacs users passwd alice --generate-password'],
        ['webmacs users delete alice --dry-run', 'shows what is deleted with the account'],
      ],
      load: async () => (await import('./users/index.ts')).declareUsers,
    },
    {
      name: 'tokens',
      description: 'revoked tokens and API tokens: revoke, list, prune',
      examples: [
        ['webmacs tokens revoke --token-file token.txt'],
        ['webmacs tokens list --valid', 'would be valid again if deleted'],
        ['webmacs tokens prune', 'safe to run from cron'],
      ],
      load: async () => (await import('./tokens/index.ts')).declareTokens,
    },
    {
      name: 'events',
      description: 'definitions of sensor and actuator channels',
      examples: [
        ['webmacs events create "Bed temperature" --unit °C --min 0 --max 900 --type sensor'],
        ['webmacs events list --type actuator'],
        ['webmacs events update "Bed temperature" --max 950'],
      ],
      load: async () => (await import('./events/index.ts')).declareEvents,
    },
    {
      name: 'rules',
      description: 'thresholds that trigger a log entry or a webhook; test them on recordings',
      examples: [
        ['webmacs rules create Overheat --event "Bed temperature" --when gt --threshold 850 --action log'],
        ['webmacs rules test Overheat --value 900', 'whether it would trigger'],
        ['webmacs rules test Overheat --experiment "Run 7"', 'when it would have triggered'],
      ],
      load: async () => (await import('./rules/index.ts')).declareRules,
    },
    {
      name: 'webhooks',
      description: 'HTTP callbacks and their deliveries: subscribe, test, verify, redeliver, listen',
      examples: [
        ['webmacs webhooks create https://lab.org/hook --type sensor.threshold_exceeded'],
        ['webmacs webhooks test https://lab.org/hook', 'sends a test delivery and shows it'],
        ['webmacs webhooks deliveries --status dead_letter', 'deliveries that were given up'],
      ],
      load: async () => (await import('./webhooks/index.ts')).declareWebhooks,
    },
    {
      name: 'dashboards',
      description: 'layouts of widgets on a grid: draw, arrange, share',
      examples: [
        ['webmacs dashboards create Overview --global'],
        ['webmacs dashboards widgets add Overview --type gauge --event "Bed temperature"'],
        ['webmacs dashboards show Overview', 'drawn to scale'],
        ['webmacs dashboards render Overview --watch', 'as a page, with values as they arrive'],
      ],
      load: async () => (await import('./dashboards/index.ts')).declareDashboards,
    },
    {
      name: 'plugins',
      description: 'plugin packages, their configured instances and channels: install, verify, map',
      examples: [
        ['webmacs plugins install demo_plugin-1.1-py3-none-any.whl --upgrade'],
        ['webmacs plugins instances create "Rig 1" --plugin demo'],
        ['webmacs plugins channels map "Rig 1" AI0 --event "Bed temperature" --direction input'],
      ],
      load: async () => (await import('./plugins/index.ts')).declarePlugins,
    },
    {
      name: 'config',
      description: 'the configuration file',
      examples: [
        ['webmacs config set database_url < url.txt'],
        ['webmacs config set as alice'],
        ['webmacs config show --origin', 'the effective settings and their origin'],
      ],
      load: async () => (await import('./config/index.ts')).declareConfig,
    },
  ],
  'Data:': [
    {
      name: 'demo',
      description: 'try it out: a simulated rig, an experiment of 100,000 datapoints, its CSV',
      load: async () => (await import('./demo.ts')).declareDemo,
    },
    {
      name: 'experiments',
      description: 'timed campaigns: start, stop, export as CSV',
      examples: [
        ['webmacs experiments start "Run 7"'],
        ['webmacs experiments stop "Run 7"'],
        ['webmacs experiments export "Run 7" -o run7.csv.gz'],
      ],
      load: async () => (await import('./experiments/index.ts')).declareExperiments,
    },
    {
      name: 'datapoints',
      description: 'measured values: import CSV, list, summarise, delete, prune',
      examples: [
        ['webmacs datapoints import readings.csv --experiment "Run 7" --timezone Europe/Berlin'],
        ['webmacs datapoints list --event "Bed temperature" --from -2h'],
        ['webmacs datapoints latest', 'the last value of every event'],
      ],
      load: async () => (await import('./datapoints/index.ts')).declareDatapoints,
    },
  ],
  'Operations:': [
    {
      name: 'status',
      description: 'the site on one screen: schema, size, experiment, last datapoint, what needs attention',
      load: async () => (await import('./status.ts')).declareSiteStatus,
    },
    {
      name: 'logs',
      description: 'the log of the site: list, follow, add, mark as read, prune',
      examples: [
        ['webmacs logs tail -f', 'prints new entries as they arrive'],
        ['webmacs logs list --type error --from yesterday'],
        ['webmacs logs read --all'],
      ],
      load: async () => (await import('./logs/index.ts')).declareLogs,
    },
    {
      name: 'firmware',
      description: 'firmware versions and the status of their updates',
      examples: [
        ['webmacs firmware register --file webmacs-update-2.2.0.tar.gz'],
        ['webmacs firmware status 2.2.0 downloading'],
      ],
      load: async () => (await import('./firmware/index.ts')).declareFirmware,
    },
    {
      name: 'doctor',
      description: 'check the settings of the WebMACS server, from its .env file',
      load: async () => (await import('./doctor.ts')).declareDoctor,
    },
  ],
  'Database:': [
    {
      name: 'db',
      description: 'the database: migrations, drift, the embedded server',
      examples: [
        ['webmacs db migrate', 'idempotent, and safe to run concurrently'],
        ['webmacs db status --exit-code', 'exits with 6 if a migration is pending'],
        ['webmacs db start && psql "$(webmacs db url)"'],
      ],
      load: async () => (await import('./db/index.ts')).declareDb,
    },
    {
      name: 'migrate-from',
      description: 'copy all data from one database to another, in any combination of layouts',
      load: async () => (await import('./migrate-from.ts')).declareMigrateFrom,
    },
  ],
  'Help:': [
    {
      name: 'help',
      description: 'show the help of a command, or of a topic',
      topics: TOPICS,
      load: async () => (await import('./help/index.ts')).declareHelp,
    },
    {
      name: 'completion',
      description: 'complete commands, options and names by pressing Tab, in bash, zsh, fish and PowerShell',
      load: async () => (await import('./completion/index.ts')).declareCompletion,
    },
    {
      name: 'man',
      description: 'show the manual of all commands',
      load: async () => (await import('./man.ts')).declareMan,
    },
    {
      name: 'version',
      description: 'versions of program, Node, server and schema',
      load: async () => (await import('./version.ts')).declareVersion,
    },
  ],
};

export const NOUNS: Noun[] = Object.entries(GROUPS).flatMap(([group, nouns]) =>
  nouns.map((noun) => ({ ...noun, group })),
);
