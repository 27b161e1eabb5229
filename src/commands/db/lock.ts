import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import type { LockOptions } from '../../database/schema/migrations.ts';

export interface LockTimeoutOption {
  lockTimeout: number;
}

export function lockTimeoutOption(command: Command): Command {
  return command.duration('--lock-timeout <duration>', 'how long to wait for locks of other sessions', '60s');
}

export function lockOf(ctx: Context, { lockTimeout }: LockTimeoutOption): LockOptions {
  return { lockTimeoutSeconds: lockTimeout, signal: ctx.signal };
}
