import { describe, expect, test } from 'vitest';
import { anEvent, anExperiment, aSite, aUser, datapoints, type Site } from '../support/site.ts';
import { onTerminal } from '../support/terminal.ts';

async function aLab(): Promise<Site & { admin: string }> {
  const site = await aSite();
  return { ...site, admin: (await aUser(site, { username: 'root', admin: true })).publicId };
}

test('start and stop set the times and write the log entries of the server, under the acting user', async () => {
  await using site = await aLab();
  const { publicId } = await aUser(site, { username: 'alice' });
  const started = await site.run(['experiments', 'start', "Run 'A'", '--as', 'alice', '--json']);
  expect(JSON.parse(started.stdout)).toMatchObject({
    name: "Run 'A'",
    started_on: expect.stringMatching(/\d(\.\d{6})?\+00:00$/),
    stopped_on: null,
    user_public_id: publicId,
  });
  const stopped = await site.run(['experiments', 'stop', '--as', 'alice', '--json']);
  expect(JSON.parse(stopped.stdout).stopped_on).toMatch(/^\d{4}-.*\+00:00$/);
  const { rows } = await site.pool.query(
    'select content, logging_type, status_type, user_public_id from log_entries order by id',
  );
  const entry = { logging_type: 'info', status_type: 'unread', user_public_id: publicId };
  expect(rows).toEqual([
    { content: "Experiment 'Run 'A'' started.", ...entry },
    { content: "Experiment 'Run 'A'' stopped.", ...entry },
  ]);
});

test('one runs at a time, unless --concurrent', async () => {
  await using site = await aLab();
  expect((await site.run('experiments start R1')).code).toBe(0);
  const refused = await site.run('experiments start R2');
  expect([refused.code, refused.stderr]).toEqual([4, expect.stringContaining('"R1" is running')]);
  expect((await site.run('experiments start R2 --concurrent')).code).toBe(0);
  const { stdout } = await site.run('experiments list --active --json');
  expect(JSON.parse(stdout).map(({ name }: { name: string }) => name)).toEqual(['R2', 'R1']);
});

test('of several that start at once exactly one wins', async () => {
  await using site = await aLab();
  const runs = await Promise.all(['R1', 'R2', 'R3'].map((name) => site.run(['experiments', 'start', name])));
  expect(runs.map(({ code }) => code).sort()).toEqual([0, 4, 4]);
  expect((await site.pool.query('select from log_entries')).rowCount).toBe(1);
});

test('start --if-not-exists is idempotent, and writes one log entry', async () => {
  await using site = await aLab();
  const first = await site.run('experiments start R1 --if-not-exists');
  const again = await site.run('experiments start R1 --if-not-exists');
  expect([first.code, again.code, again.stdout]).toEqual([0, 0, first.stdout]);
  expect((await site.pool.query('select from log_entries')).rowCount).toBe(1);
});

test('a taken name is refused, without a log entry', async () => {
  await using site = await aLab();
  await anExperiment(site, { name: 'R1' });
  expect((await site.run('experiments start R1')).code).toBe(4);
  expect((await site.pool.query('select from log_entries')).rowCount).toBe(0);
});

test('stop without a name needs exactly one that runs', async () => {
  await using site = await aLab();
  expect((await site.run('experiments stop')).code).toBe(3);
  await anExperiment(site, { name: 'R1', running: true });
  await anExperiment(site, { name: 'R2', running: true });
  const { code, stderr } = await site.run('experiments stop');
  expect([code, stderr]).toEqual([4, expect.stringContaining('experiments list --active')]);
  expect((await site.run('experiments stop R1')).code).toBe(0);
  expect((await site.run('experiments stop')).code).toBe(0);
});

test('what has ended cannot be stopped again', async () => {
  await using site = await aLab();
  await anExperiment(site, { name: 'R1' });
  expect((await site.run('experiments stop R1')).code).toBe(4);
});

test('create records one that has ended, without a log entry, and update changes its times', async () => {
  await using site = await aLab();
  const times = ['--started-on', '2026-01-01 10:00', '--stopped-on', '2026-01-01T12:00:00.123456+01:00'];
  const zone = ['--timezone', '+01:00', '--json'];
  const made = await site.run(['experiments', 'create', 'R1', ...times, ...zone]);
  const stored = { started_on: '2026-01-01T09:00:00+00:00', stopped_on: '2026-01-01T11:00:00.123456+00:00' };
  expect(JSON.parse(made.stdout)).toMatchObject(stored);
  const changed = await site.run('experiments update R1 --started-on 2026-01-01T08:00Z --name R2 --json');
  expect(JSON.parse(changed.stdout)).toMatchObject({ ...stored, name: 'R2', started_on: '2026-01-01T08:00:00+00:00' });
  const backwards = await site.run('experiments update R2 --started-on 2026-01-02');
  expect([backwards.code, backwards.stderr]).toEqual([2, expect.stringContaining('cannot stop before it starts')]);
  expect((await site.run('experiments create R3 --started-on -2h')).stderr).toContain('Missing: --stopped-on.');
  expect((await site.pool.query('select from log_entries')).rowCount).toBe(0);
});

test('start --at and stop --at take a time that has passed, in this order', async () => {
  await using site = await aLab();
  expect((await site.run('experiments start R1 --at 2100-01-01')).stderr).toContain('is in the future');
  const started = await site.run('experiments start R1 --at 2026-01-01T10:00Z --json');
  expect(JSON.parse(started.stdout).started_on).toBe('2026-01-01T10:00:00+00:00');
  expect((await site.run('experiments stop R1 --at 2026-01-01T09:00Z')).code).toBe(2);
  const stopped = await site.run('experiments stop R1 --at 2026-01-01T12:00Z --json');
  expect(JSON.parse(stopped.stdout).stopped_on).toBe('2026-01-01T12:00:00+00:00');
  expect((await site.pool.query('select from log_entries')).rowCount).toBe(2);
});

test('an import into an experiment suggests times that include the data', async () => {
  await using site = await aLab();
  const { publicId } = await anExperiment(site, { name: 'R1' });
  await anEvent(site, { name: 'Bed' });
  const input = 'timestamp,event,value\n2026-01-01T12:00Z,Bed,1\n2026-01-03T12:00Z,Bed,2\n';
  const { stderr } = await site.run('datapoints import - --experiment R1', { input });
  const command = `experiments update ${publicId} --stopped-on 2026-01-03T12:00:00+00:00`;
  expect(stderr).toContain(`${command}\n`);
  expect((await site.run(command)).code).toBe(0);
  const inside = await site.run('datapoints import - --experiment R1 --on-duplicate skip', { input });
  expect(inside.stderr).not.toContain('experiments update');
});

test('rename gives another name, unless it is taken', async () => {
  await using site = await aLab();
  const { publicId } = await anExperiment(site, { name: 'R1' });
  await anExperiment(site, { name: 'R2' });
  expect((await site.run('experiments rename R1 R2')).code).toBe(4);
  const { code, stderr } = await site.run(['experiments', 'rename', 'R1', 'Run 1']);
  expect([code, stderr]).toEqual([0, '✓ Experiment "R1" is now "Run 1".\n']);
  expect((await site.run(['experiments', 'show', 'Run 1'])).stdout).toContain(publicId);
});

test('delete keeps the datapoints, and reports that they lose their experiment', async () => {
  await using site = await aLab();
  const { publicId } = await anExperiment(site, { name: 'R1' });
  await datapoints(site, 4, { event: (await anEvent(site)).publicId, experiment: publicId });
  const { stderr } = await site.run('experiments delete R1 --yes');
  expect(stderr).toBe('✓ Experiment "R1" deleted; 4 datapoints are kept and lose their reference.\n');
  const { rows } = await site.pool.query(
    'select count(*)::int as rows, count(experiment_public_id)::int as filed from datapoints',
  );
  expect(rows).toEqual([{ rows: 4, filed: 0 }]);
});

describe('delete --with-datapoints', () => {
  test('deletes the datapoints of the experiment only, and the question says which', async () => {
    await using site = await aLab();
    const { publicId } = await anExperiment(site, { name: 'R1' });
    const event = (await anEvent(site)).publicId;
    await datapoints(site, 4, { event, experiment: publicId });
    await datapoints(site, 3, { event });
    const env = { NO_COLOR: '1', DATABASE_URL: site.url };
    const no: [string, string] = ['Delete experiment "R1"?', 'n\r'];
    const kept = await onTerminal('experiments delete R1', env, [no]);
    expect(kept.output).toContain('This deletes experiment "R1"; 4 datapoints are kept and lose their reference.');
    const lost = await onTerminal('experiments delete R1 --with-datapoints', env, [no]);
    expect(lost.output).toContain('This deletes experiment "R1", with 4 datapoints.');
    const { stdout } = await site.run('experiments delete R1 --with-datapoints --yes --json');
    expect(JSON.parse(stdout)).toMatchObject({ deleted: { datapoints: 4 }, detached: {} });
    expect((await site.pool.query('select from datapoints')).rowCount).toBe(3);
  });

  test('of a running experiment is refused, and deletes nothing', async () => {
    await using site = await aLab();
    const { publicId } = await anExperiment(site, { name: 'R1 $(reboot)', running: true });
    await datapoints(site, 4, { event: (await anEvent(site)).publicId, experiment: publicId });
    const { code, stderr } = await site.run(['experiments', 'delete', publicId, '--with-datapoints', '--yes']);
    expect([code, stderr]).toEqual([4, expect.stringContaining("webmacs experiments stop 'R1 $(reboot)'")]);
    expect((await site.pool.query('select from datapoints')).rowCount).toBe(4);
    expect((await site.run(['experiments', 'delete', publicId, '--yes'])).code).toBe(0);
  });

  test('is one transaction: if the experiment cannot be deleted, its datapoints stay', async () => {
    await using site = await aLab();
    const { publicId } = await anExperiment(site, { name: 'R1' });
    await datapoints(site, 4, { event: (await anEvent(site)).publicId, experiment: publicId });
    await site.pool.query(`create function refuse() returns trigger language plpgsql as $$ begin raise 'no'; end $$`);
    await site.pool.query('create trigger refuse before delete on experiments for each row execute function refuse()');
    expect((await site.run('experiments delete R1 --with-datapoints --yes')).code).not.toBe(0);
    expect((await site.pool.query('select from datapoints')).rowCount).toBe(4);
  });
});
