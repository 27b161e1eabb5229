import type { Command } from '../cli/command.ts';
import type { Context } from '../cli/context.ts';
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
import { exportTo } from './export/export-to.ts';

export function declareDemo(command: Command, ctx: Context): void {
  command
    .option('--reset', 'remove the data of the last demo, and start over')
    .runs(ctx, demo)
    .examples(['webmacs demo'], ['webmacs demo --reset']);
}

/** Sets up a simulated rig in the embedded server, runs an experiment on it, and exports it into the current folder. */
async function demo(ctx: Context, { reset = false }: { reset?: boolean }): Promise<void> {
  const { orm, em, pool } = await ctx.embeddedDatabase();
  const { migrate } = await import('../database/schema/migrations.ts');
  const applied = await migrate(orm, undefined, { lockTimeoutSeconds: 60, signal: ctx.signal });
  const report = async (text: string) => await ctx.output.say(ctx.output.success(text));
  await report(applied.length > 0 ? 'Database created and migrated: 15 tables.' : 'Database is up to date.');
  if (reset) {
    await removeDemo(em);
    await report('Data of the last demo removed.');
  }
  const { user, password } = await demoUser(em);
  await report(
    password
      ? `Admin "${user.username}" created.`
      : `Admin "${user.username}" already exists; "webmacs users passwd ${user.username}" sets a new password.`,
  );
  if (password) {
    await ctx.output.secret('Password', password);
  }
  const events = await demoEvents(em, user);
  await report(
    `${counted(events.length, 'event')} of a fluidised-bed rig: ${events.map(({ name }) => name).join(', ')}.`,
  );
  let experiment = await findDemoExperiment(em);
  if (experiment) {
    await report(`Experiment "${experiment.name}" already exists; "webmacs demo --reset" runs it again.`);
  } else {
    const started = performance.now();
    const run = await ctx.progress(`Running ${DEMO_EXPERIMENT}`, async (show) =>
      runDemoExperiment(em, pool, user, events, {
        now: ctx.now(),
        signal: ctx.signal,
        onRows: (rows, bytes) => show({ rows, bytes, totalRows: DEMO_DATAPOINTS }),
      }),
    );
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    experiment = run.experiment;
    await report(
      `Experiment "${experiment.name}" completed: ${counted(run.rows, 'datapoint')} imported in ${seconds} s.`,
    );
  }
  // The name contains the id of the demo's experiment: the demo itself wrote the file that it replaces.
  await exportTo(
    ctx,
    pool,
    { subject: { experiment }, request: { experimentPublicId: experiment.publicId } },
    { force: true },
  );
  await ctx.output.say(nextSteps(ctx));
}

function nextSteps({ calledAs: webmacs, configuration }: Context): string {
  const { target, origin } = configuration.database();
  const otherDatabase = target.kind === 'embedded' ? '' : ` (with ${origin} unset, which selects another database)`;
  return `
Next commands${otherDatabase}:
  ${webmacs} experiments list
  ${webmacs} datapoints stats --experiment "${DEMO_EXPERIMENT}"
  ${webmacs} datapoints latest
  ${webmacs} experiments export "${DEMO_EXPERIMENT}" --event "Bed temperature" -o - | head
  ${webmacs} users create you --email you@lab.example --admin
  ${webmacs} --help`;
}
