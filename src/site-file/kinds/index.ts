import type { Kind } from '../model.ts';
import { EXPERIMENTS, FIRMWARE } from './create-only.ts';
import { DASHBOARDS, WIDGETS } from './dashboards.ts';
import { EVENTS } from './events.ts';
import { CHANNELS, PLUGIN_INSTANCES } from './plugin-instances.ts';
import { RULES } from './rules.ts';
import { USERS } from './users.ts';
import { WEBHOOKS } from './webhooks.ts';

/** All kinds, each after those that it refers to. */
export const KINDS: readonly Kind[] = [
  USERS,
  EVENTS,
  RULES,
  WEBHOOKS,
  DASHBOARDS,
  WIDGETS,
  PLUGIN_INSTANCES,
  CHANNELS,
  FIRMWARE,
  EXPERIMENTS,
];
