import type { Command } from '../../../cli/command.ts';
import type { Context } from '../../../cli/context.ts';
import { declareList } from './list.ts';
import { declareVerify } from './verify.ts';
import { declareWrite } from './write.ts';

export function declareBackup(parent: Command, ctx: Context): void {
  const backup = parent
    .command('backup')
    .usage('-o <file> [options] | <command>')
    .description('all rows in one file that any layout and later versions can restore: write, verify, list')
    .note(
      'Without a command, it writes a backup: "webmacs db backup write --help" shows its options. "webmacs db restore" restores one.',
    )
    .examples(
      ['webmacs db backup -o webmacs.tar.zst'],
      ['webmacs db backup verify webmacs.tar.zst'],
      ['webmacs db backup list backups/'],
    );
  declareWrite(backup, ctx);
  declareVerify(backup, ctx);
  declareList(backup, ctx);
}
