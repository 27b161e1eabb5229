import type { Command } from 'commander';
import type { Context } from '../../cli/context.ts';
import { declareApiTokens } from './api.ts';

/** Declares the commands on tokens. */
export function declareTokens(parent: Command, ctx: Context): void {
  declareApiTokens(parent, ctx);
}
