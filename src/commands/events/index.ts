import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { EVENT_TYPES } from '../../entities/index.ts';
import { declareDelete } from '../standard/delete.ts';
import { declareList } from '../standard/list.ts';
import { declareShow } from '../standard/show.ts';
import { declareCreate } from './create.ts';
import { EVENTS } from './noun.ts';
import { declareEventUpdate } from './update.ts';

/** Declares the commands on events, the definitions of channels. */
export function declareEvents(parent: Command, ctx: Context): void {
  declareCreate(parent, ctx);
  declareList(parent, ctx, EVENTS, {
    declare: (command) => {
      command.choice('--type <type>', 'only events of this type', EVENT_TYPES);
    },
    where: async (_ctx, { type }: { type?: (typeof EVENT_TYPES)[number] }) => (type ? { eventType: type } : {}),
  });
  declareShow(parent, ctx, EVENTS);
  declareEventUpdate(parent, ctx);
  declareDelete(parent, ctx, EVENTS);
}
