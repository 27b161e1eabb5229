import type { Command } from 'commander';
import type { Context } from '../../cli/context.ts';
import { declareDelete } from '../standard/delete.ts';
import { declareShow } from '../standard/show.ts';
import { declareSwitch } from '../standard/switch.ts';
import { declareCreate } from './create.ts';
import { declareRuleList } from './list.ts';
import { RULES } from './noun.ts';
import { declareTest } from './test.ts';
import { declareRuleUpdate } from './update.ts';

/** Declares the commands on threshold rules. */
export function declareRules(parent: Command, ctx: Context): void {
  declareCreate(parent, ctx);
  declareRuleList(parent, ctx);
  declareShow(parent, ctx, RULES);
  declareRuleUpdate(parent, ctx);
  declareSwitch(parent, ctx, RULES);
  declareTest(parent, ctx);
  declareDelete(parent, ctx, RULES);
}
