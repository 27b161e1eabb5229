import grafana from './grafana.json' with { type: 'json' };
import hobo from './hobo.json' with { type: 'json' };
import influx from './influx.json' with { type: 'json' };
import type { Profile } from './profile.ts';
import thingspeak from './thingspeak.json' with { type: 'json' };
import toa5 from './toa5.json' with { type: 'json' };

/** The profiles that come with the program. */
export const BUILT_IN: readonly Profile[] = Object.entries({ grafana, hobo, influx, thingspeak, toa5 }).map(
  ([name, { description, options }]) => ({ name, description, options, path: undefined }),
);
