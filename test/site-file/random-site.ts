import fc from 'fast-check';

/** A random site as a file declares it, with all fields. */
export interface RandomSite {
  users: Record<string, { email: string; role: 'admin' | 'viewer' }>;
  events: Record<string, { unit: string; min_value: number; max_value: number; event_type: string; owner: string }>;
  rules: Record<string, object>;
  webhooks: Record<string, object>;
  dashboards: Record<string, { owner: string; is_global: boolean; widgets: Record<string, object> }>;
  plugin_instances: Record<string, { owner: string; channels: Record<string, object> }>;
}

const NAMES = ['a', 'b', 'c', '"q"', 'no', '1'];
const number = fc.integer({ min: -1000, max: 1000 }).map((value) => value / 8);
const subset = (names: readonly string[], atLeast = 0) => fc.subarray([...names], { minLength: atLeast });

/** One value for each name. */
function each<T>(names: readonly string[], value: fc.Arbitrary<T>): fc.Arbitrary<Record<string, T>> {
  return fc
    .tuple(...names.map(() => value))
    .map((values) => Object.fromEntries(names.map((name, at) => [name, values[at] as T])));
}

/** Sites in which names and e-mail addresses move from row to row, references change, and rows come and go. */
export const randomSite: fc.Arbitrary<RandomSite> = subset(NAMES, 1)
  .chain((users) =>
    fc.tuple(
      fc.constant(users.map((name) => `user ${name.replaceAll('"', '')}`)),
      fc.shuffledSubarray(NAMES, { minLength: users.length, maxLength: users.length }),
      subset(NAMES, 1),
    ),
  )
  .chain(([users, addresses, events]) => {
    const owner = fc.constantFrom(...users);
    const event = fc.constantFrom(...events);
    const widgets = subset(NAMES.slice(0, 3)).chain((keys) =>
      fc
        .tuple(
          fc.shuffledSubarray([0, 4, 8], { minLength: keys.length, maxLength: keys.length }),
          each(
            keys,
            fc.record({
              event: fc.option(event),
              config: fc.option(fc.dictionary(fc.constantFrom('x', 'y'), fc.integer())),
            }),
          ),
        )
        .map(([places, found]) =>
          Object.fromEntries(
            keys.map((key, at) => [
              key,
              {
                widget_type: 'gauge',
                event: found[key]?.event ?? null,
                config_json: found[key]?.config ?? null,
                x: places[at],
                y: 0,
              },
            ]),
          ),
        ),
    );
    const channels = subset(NAMES.slice(0, 3)).chain((ids) =>
      each(
        ids,
        fc.record({
          channel_name: fc.constantFrom('X', 'Y'),
          direction: fc.constantFrom('input', 'output'),
          unit: fc.constant('C'),
          event: fc.option(event),
        }),
      ),
    );
    return fc.record({
      users: fc.array(fc.boolean(), { minLength: users.length, maxLength: users.length }).map((admins) =>
        Object.fromEntries(
          users.map((name, at) => [
            name,
            {
              email: `${(addresses[at] ?? '').replaceAll('"', '')}@lab.org`,
              role: at === 0 || admins[at] ? 'admin' : 'viewer',
              password_from: { env: 'PASSWORD' },
            } as const,
          ]),
        ),
      ),
      events: each(
        events,
        fc.record({
          unit: fc.constantFrom('C', '%'),
          min_value: number,
          owner,
          event_type: fc.constantFrom('sensor', 'range'),
        }),
      ).map((found) =>
        Object.fromEntries(
          Object.entries(found).map(([name, fields]) => [name, { ...fields, max_value: fields.min_value + 1 }]),
        ),
      ),
      rules: subset(NAMES).chain((names) =>
        each(
          names,
          fc.record({
            event,
            operator: fc.constantFrom('gt', 'lte'),
            threshold: number,
            action_type: fc.constant('log'),
            enabled: fc.boolean(),
            owner,
          }),
        ),
      ),
      webhooks: subset(NAMES.slice(0, 3)).chain((names) =>
        each(
          names.map((name) => `https://lab.org/${name}`),
          fc.record({ events: subset(['sensor.reading', 'experiment.started'], 1), enabled: fc.boolean(), owner }),
        ),
      ),
      dashboards: subset(NAMES.slice(0, 3)).chain((names) =>
        each(names, fc.record({ is_global: fc.boolean(), owner, widgets })),
      ),
      plugin_instances: subset(NAMES.slice(0, 3)).chain((names) =>
        each(names, fc.record({ plugin_id: fc.constantFrom('p', 'q'), enabled: fc.boolean(), owner, channels })),
      ),
    });
  });
