import type { Command } from '../../../cli/command.ts';
import type { Context } from '../../../cli/context.ts';
import { declareList } from './list.ts';
import { declareVerify } from './verify.ts';
import { declareWrite } from './write.ts';

const NOTE = `
Without a command, it writes a backup, with these options. It contains secrets, so only its owner may read the file (0600).
"webmacs db restore" restores it.
`;

export function declareBackup(parent: Command, ctx: Context): void {
  const backup = parent
    .command('backup')
    .usage('-o <file> [options] | <command>')
    .description('all rows in one file that any layout and later versions can restore: write, verify, list')
    .note(NOTE)
    .examples(
      ['webmacs db backup -o webmacs.tar.zst'],
      ["webmacs db backup -o 'backups/{date}.tar.zst' --keep 14 --keep-monthly 12 -q", 'for cron'],
      ['webmacs db backup verify webmacs.tar.zst'],
      ['webmacs db backup list backups/'],
    );
  declareWrite(backup, ctx);
  declareVerify(backup, ctx);
  declareList(backup, ctx);
}
