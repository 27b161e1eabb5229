import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { write } from '../../cli/streams.ts';
import { TEXTS } from './texts.ts';
import { TOPICS, type Topic } from './topics.ts';

export function declareHelp(parent: Command, ctx: Context): void {
  // The type of Object.keys does not know the keys.
  for (const topic of Object.keys(TOPICS) as Topic[]) {
    const page = parent
      .command(topic)
      .description(TOPICS[topic])
      .note(TEXTS[topic])
      .action(async () => await write(ctx.streams.stdout, page.createHelp().textOf(page)));
  }
}
