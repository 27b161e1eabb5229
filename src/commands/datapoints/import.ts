import type { Command } from 'commander';
import type { Context } from '../../cli/context.ts';
export function declareImport(_command: Command, _ctx: Context): void {}
