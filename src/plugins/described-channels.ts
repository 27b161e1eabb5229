import { CHANNEL_DIRECTIONS } from '../entities/index.ts';
import { InvalidInputError, NotFoundError, WebmacsError } from '../errors.ts';
import { isJsonObject } from '../text/json.ts';
import { ChildFailure, runChild } from './child-process.ts';
import { type ChildContext, pythonPath } from './python.ts';
import { PLUGIN_GROUP } from './wheel/entry-points.ts';

/** A channel, as a plugin describes it. */
export interface DescribedChannel {
  id: string;
  name: string;
  direction: (typeof CHANNEL_DIRECTIONS)[number];
  /** May be empty. */
  unit: string;
  min: number;
  max: number;
}

/** The instance to create. */
export interface Asked {
  pluginId: string;
  demoMode: boolean;
  /** A JSON object, as text. */
  configJson: string | null;
}

const ASK_SECONDS = 60;

/**
 * Finds the class of the plugin by its entry point, configures an object of it as the server does, and prints its channels.
 * What plugins print themselves goes to stderr. The configuration may contain secrets: it is read from standard input.
 */
const ASK = `
import json, sys
from importlib.metadata import entry_points
answers, sys.stdout = sys.stdout, sys.stderr
given = json.load(sys.stdin)
group, wanted = ${JSON.stringify(PLUGIN_GROUP)}, given["plugin"]
found = entry_points()
points = list(found.select(group=group) if hasattr(found, "select") else found.get(group, ()))
points.sort(key=lambda point: point.name != wanted)
plugin = None
for point in points:
    try:
        loaded = point.load()
        if getattr(getattr(loaded, "meta", None), "id", point.name) == wanted:
            plugin = loaded
            break
    except Exception:
        if point.name == wanted:
            raise
if plugin is None:
    print("null", file=answers, flush=True)
    sys.exit()
instance = plugin()
instance.configure({**given["config"], "demo_mode": given["demo"]})
json.dump([{
    "id": key,
    "name": channel.name,
    "direction": str(getattr(channel.direction, "value", channel.direction)),
    "unit": channel.unit,
    "min": float(channel.min_value),
    "max": float(channel.max_value),
} for key, channel in instance.channels.items()], answers, allow_nan=False)
answers.flush()
`;

/**
 * Asks a plugin for the channels that an instance has, by its entry point in a Python. Runs code of the plugin, as the server
 * does, which connects to no device for it.
 * @throws NotFoundError if the Python does not exist, or does not have the plugin; InvalidInputError with its output if it
 * fails, or for an answer that does not fit the tables
 */
export async function describedChannels(
  { pluginId, demoMode, configJson }: Asked,
  python: string,
  context: ChildContext,
): Promise<DescribedChannel[]> {
  const command = pythonPath(python);
  const input = JSON.stringify({ plugin: pluginId, demo: demoMode, config: JSON.parse(configJson ?? '{}') });
  const hint =
    'Without --python, the instance is created without channels; map them with: webmacs plugins channels map INSTANCE CHANNEL --event EVENT --direction input';
  let answer: unknown;
  try {
    const { stdout } = await runChild(command, ['-I', '-c', ASK], { ...context, input, timeoutSeconds: ASK_SECONDS });
    answer = JSON.parse(stdout);
  } catch (cause) {
    if (cause instanceof WebmacsError && !(cause instanceof ChildFailure)) {
      throw cause;
    }
    const why = cause instanceof ChildFailure ? cause.message : `${command} did not answer.`;
    throw new InvalidInputError(`The plugin "${pluginId}" cannot be asked for its channels. ${why}`, { hint, cause });
  }
  if (answer === null) {
    throw new NotFoundError(`No package of ${command} has the plugin "${pluginId}".`, { hint });
  }
  return (Array.isArray(answer) ? answer : []).map((channel) => {
    if (!isDescribed(channel)) {
      throw new InvalidInputError(
        `The plugin "${pluginId}" describes a channel that cannot be stored: ${JSON.stringify(channel)}.`,
        { hint },
      );
    }
    return channel;
  });
}

function isDescribed(channel: unknown): channel is DescribedChannel {
  const fits = (value: unknown, min: number, max: number) =>
    typeof value === 'string' && [...value].length >= min && [...value].length <= max && !value.includes('\0');
  return (
    isJsonObject(channel) &&
    fits(channel.id, 1, 100) &&
    fits(channel.name, 1, 255) &&
    fits(channel.unit, 0, 50) &&
    CHANNEL_DIRECTIONS.some((direction) => direction === channel.direction) &&
    [channel.min, channel.max].every(Number.isFinite)
  );
}
