import type { EventDefinition } from '../domain/events.ts';

/** Seconds between two samples. */
const STEP = 0.5;
/** Temperature of the laboratory in °C. */
const AMBIENT = 21;

/** The channels of a laboratory-scale bubbling fluidised bed: 8 cm of sand in an electrically heated column. */
export const RIG_EVENTS = [
  { name: 'Bed temperature', unit: '°C', minValue: 0, maxValue: 900, eventType: 'sensor' },
  { name: 'Wall temperature', unit: '°C', minValue: 0, maxValue: 900, eventType: 'sensor' },
  { name: 'Freeboard temperature', unit: '°C', minValue: 0, maxValue: 900, eventType: 'sensor' },
  { name: 'Inlet air temperature', unit: '°C', minValue: 0, maxValue: 400, eventType: 'sensor' },
  { name: 'Windbox pressure', unit: 'mbar', minValue: 0, maxValue: 100, eventType: 'sensor' },
  { name: 'Bed pressure drop', unit: 'mbar', minValue: 0, maxValue: 60, eventType: 'sensor' },
  { name: 'Air flow', unit: 'l/min', minValue: 0, maxValue: 200, eventType: 'sensor' },
  { name: 'Air valve', unit: '%', minValue: 0, maxValue: 100, eventType: 'actuator' },
] as const satisfies readonly EventDefinition[];

type ChannelName = (typeof RIG_EVENTS)[number]['name'];

/** One sample of all channels, `seconds` after the start. */
export interface Sample {
  seconds: number;
  values: Record<ChannelName, number>;
}

/**
 * Simulates a run: heat-up, steps of the air valve through the point where the bed starts to bubble, cool-down. The same
 * seed yields the same run.
 * @param samples the number of samples, two per second
 */
export function* simulateRig(samples: number, seed: number): Generator<Sample> {
  const noise = gaussian(seed);
  const duration = samples * STEP;
  const sway = new Drift(noise, 90, 1.2);
  const bubbles = new Drift(noise, 0.8, 0.9);
  let flow = 0;
  let bed = AMBIENT;
  let wall = AMBIENT;
  let freeboard = AMBIENT;
  let inlet = AMBIENT;
  for (let step = 0; step < samples; step += 1) {
    const seconds = step * STEP;
    const valve = valveAt(seconds / duration);
    flow += (1.65 * valve + sway.next(STEP) - flow) * (STEP / 4);
    const air = Math.max(0, flow);
    const heating = seconds < 0.85 * duration;
    // Heat flows from the heater in the wall to the bed; the air carries it up, faster when the bed bubbles.
    const mixing = air > MINIMUM_FLUIDISATION ? 1 : 0.35;
    wall += (((heating ? 640 : AMBIENT) - wall) / 420 + (mixing * (bed - wall)) / 300) * STEP;
    bed += ((mixing * (wall - bed)) / 160 + (air * (inlet - bed)) / 60_000) * STEP;
    inlet += ((heating ? 180 : AMBIENT) - inlet) * (STEP / 240);
    freeboard += (0.78 * bed + 0.22 * inlet - freeboard) * (STEP / 45);
    // Below fluidisation the bed is a filter (Darcy); above it, it floats: the drop is its weight, and bubbles shake it.
    const floating = Math.max(0, air - MINIMUM_FLUIDISATION);
    const shaking = bubbles.next(STEP) * Math.min(1.6, 0.05 * floating);
    const drop = BED_WEIGHT * Math.min(1, air / MINIMUM_FLUIDISATION) + shaking;
    yield {
      seconds,
      values: {
        'Bed temperature': bed + 0.15 * noise(),
        'Wall temperature': wall + 0.2 * noise(),
        'Freeboard temperature': freeboard + 0.25 * noise(),
        'Inlet air temperature': inlet + 0.1 * noise(),
        'Windbox pressure': drop + 0.0011 * air * air + 0.05 * noise(),
        'Bed pressure drop': drop + 0.04 * noise(),
        'Air flow': air + 0.2 * noise(),
        'Air valve': valve,
      },
    };
  }
}

/** Air flow in l/min above which the bed floats. */
const MINIMUM_FLUIDISATION = 62;
/** Weight of the bed over its area, in mbar. */
const BED_WEIGHT = 11.8;

/** Returns the opening of the air valve in percent at a fraction of the run. */
function valveAt(share: number): number {
  const steps = [20, 30, 40, 50, 60, 70, 55, 45, 35, 25];
  return steps[Math.min(steps.length - 1, Math.floor(share * steps.length))] ?? 0;
}

/** An Ornstein-Uhlenbeck process around zero. */
class Drift {
  readonly #noise: () => number;
  readonly #memory: number;
  readonly #spread: number;
  #value = 0;

  /** @param memory time constant in seconds; @param spread standard deviation */
  constructor(noise: () => number, memory: number, spread: number) {
    this.#noise = noise;
    this.#memory = memory;
    this.#spread = spread;
  }

  next(seconds: number): number {
    const kept = Math.exp(-seconds / this.#memory);
    this.#value = kept * this.#value + this.#spread * Math.sqrt(1 - kept * kept) * this.#noise();
    return this.#value;
  }
}

/** Returns a seeded generator of normally distributed numbers (mulberry32 and the Box-Muller transform). */
function gaussian(seed: number): () => number {
  let state = seed >>> 0;
  const uniform = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  return () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
}
