import type { Command } from 'commander';
import type { Context } from '../cli/context.ts';
import { examples } from '../cli/examples.ts';
import { counted } from '../cli/text.ts';
import {
  DEMO_DATAPOINTS,
  DEMO_EXPERIMENT,
  demoEvents,
  demoUser,
  findDemoExperiment,
  removeDemo,
  runDemoExperiment,
} from '../demo/demo.ts';
import { exportTo } from './experiments/export.ts';

export interface DemoOptions {
  reset?: boolean;
}

/** Declares `demo`. */
export function declareDemo(command: Command, ctx: Context): void {
  command
    .option('--reset', 'take away what the last demo made, and start over')
    .action(async (options: DemoOptions) => await demo(ctx, options));
  examples(command, ['webmacs demo'], ['webmacs demo --reset']);
}

/** Sets up a simulated rig in the embedded server, runs an experiment on it, and exports it into the current folder. */
export async function demo(ctx: Context, { reset = false }: DemoOptions): Promise<void> {
  const { orm, em, pool } = await ctx.embeddedDatabase();
  const { migrate } = await import('../database/schema/migrations.ts');
  const applied = await migrate(orm, undefined, { lockTimeoutSeconds: 60, signal: ctx.signal });
  const tell = async (text: string) => await ctx.output.say(ctx.output.success(text));
  await tell(applied.length > 0 ? 'Database created and migrated: 15 tables.' : 'Database is there and migrated.');
  if (reset) {
    await removeDemo(em);
    await tell('What the last demo made is gone.');
  }
  const { user, password } = await demoUser(em);
  await tell(
    password
      ? `Admin "${user.username}" created.`
      : `Admin "${user.username}" is there; "webmacs users passwd ${user.username}" gives a new password.`,
  );
  if (password) {
    await ctx.output.secret('Password', password);
  }
  const events = await demoEvents(em, user);
  await tell(
    `${counted(events.length, 'event')} of a fluidised-bed rig: ${events.map(({ name }) => name).join(', ')}.`,
  );
  let experiment = await findDemoExperiment(em);
  if (experiment) {
    await tell(`Experiment "${experiment.name}" is there; "webmacs demo --reset" runs it anew.`);
  } else {
    const bar = ctx.progress();
    const started = performance.now();
    const run = await runDemoExperiment(em, pool, user, events, {
      now: ctx.now(),
      signal: ctx.signal,
      onRows: (rows, bytes) => bar.update({ rows, bytes, totalRows: DEMO_DATAPOINTS }),
    }).finally(() => bar.clear());
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    experiment = run.experiment;
    await tell(`Experiment "${experiment.name}" run: ${counted(run.rows, 'datapoint')} imported in ${seconds} s.`);
  }
  // The name carries the demo's own id: the file that is replaced is one that it wrote.
  await exportTo(ctx, pool, experiment, { experimentPublicId: experiment.publicId }, { force: true });
  await ctx.output.say(nextSteps(ctx));
}

function nextSteps({ calledAs: webmacs, configuration }: Context): string {
  const { target, origin } = configuration.database();
  const elsewhere = target.kind === 'embedded' ? '' : ` (with ${origin} unset: it names another database)`;
  return `
What to type next${elsewhere}:
  ${webmacs} experiments list
  ${webmacs} datapoints stats --experiment "${DEMO_EXPERIMENT}"
  ${webmacs} datapoints latest
  ${webmacs} experiments export "${DEMO_EXPERIMENT}" --event "Bed temperature" -o - | head
  ${webmacs} users create you --email you@lab.example --admin
  ${webmacs} --help`;
}
