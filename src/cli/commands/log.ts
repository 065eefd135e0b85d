import { LIVE_STATUSES } from '../../protocol/engine/index.js';
import type { Command } from '../command.js';
import { followRun, LogTail } from '../follow/run.js';
import { l10n } from '../../format/l10n.js';

export const log: Command = {
  name: 'log',
  usage: 'RUN',
  summary: l10n.t("Prints a run's output."),
  options: {
    follow: {
      type: 'boolean',
      short: 'f',
      help: l10n.t('Follow the output until the run ends (Ctrl+C stops the run).'),
    },
  },
  examples: [['tunesmith log latest', l10n.t('the output of the newest run')]],
  args: [1, 1],
  async run(context, input) {
    const run = await context.run(input.args[0]!);
    if (input.flag('follow') && LIVE_STATUSES.includes(run.status)) {
      await followRun(context, run, { log: true, quiet: true });
      return 0;
    }
    const tail = new LogTail(context, run.id);
    await tail.read();
    tail.end();
    return 0;
  },
};
