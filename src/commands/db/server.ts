import type { Command } from 'commander';
import type { Context } from '../../cli/context.ts';
export function declareServer(_command: Command, _ctx: Context): void {}
