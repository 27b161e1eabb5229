import { Argument } from 'commander';
import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { write } from '../../cli/streams.ts';
import { SCRIPTS, SHELLS, type Shell } from './scripts.ts';

export function declareCompletion(parent: Command, ctx: Context): void {
  parent
    .addArgument(new Argument('<shell>', 'the shell').choices(SHELLS))
    .runs(ctx, async ({ streams }, shell: Shell) => await write(streams.stdout, SCRIPTS[shell]))
    .note(LIVE)
    .examples(
      ['source <(webmacs completion bash)', 'in ~/.bashrc'],
      ['source <(webmacs completion zsh)', 'in ~/.zshrc, after compinit'],
      ['webmacs completion fish | source', 'in ~/.config/fish/config.fish'],
      ['webmacs completion powershell | Out-String | Invoke-Expression', 'in $PROFILE of PowerShell'],
    );
}

const LIVE = `
Pressing Tab then completes commands, options, their values, and the names of events, experiments, users, rules, webhooks,
dashboards, plugins and firmware: those in the database, if it answers within 0.3 s. The embedded server is not started for it.
Set the database in the shell or in the configuration file, see "webmacs help environment".`;
