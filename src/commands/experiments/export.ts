import type { Command } from 'commander';
import type { Context } from '../../cli/context.ts';
export function declareExport(_command: Command, _ctx: Context): void {}
