import { LIVE_STATUSES } from '../../protocol/engine/index.js';
import type { Command } from '../command.js';
import type { Context } from '../context.js';
import { followRun, LogTail } from '../follow/run.js';
import { l10n } from '../../format/l10n.js';

export const log: Command = {
  name: 'log',
  usage: 'RUN',
  summary: l10n.t("Prints a run's output."),
  options: {
    rank: {
      type: 'string',
      value: 'N',
      help: l10n.t('Output of this rank of a training on several nodes. Default: rank 0.'),
    },
    follow: {
      type: 'boolean',
      short: 'f',
      help: l10n.t('Follow the output until the run ends (Ctrl+C stops the run).'),
    },
  },
  examples: [
    ['tunesmith log latest', l10n.t('the output of the newest run')],
    ['tunesmith log latest --rank 3', l10n.t('what rank 3 of a training on several nodes has printed')],
  ],
  args: [1, 1],
  async run(context, input) {
    const run = await context.run(input.args[0]!);
    const rank = input.whole('rank', 0);
    if (rank === undefined && input.flag('follow') && LIVE_STATUSES.includes(run.status)) {
      await followRun(context, run, { log: true, quiet: true });
      return 0;
    }
    const tail = new LogTail(context, run.id, { rank });
    await tail.read();
    if (rank !== undefined && input.flag('follow')) await untilEnded(context, run.id, () => tail.read());
    tail.end();
    return 0;
  },
};

/** Calls `read` each second until the run has ended. Interrupting it leaves the run alone. */
async function untilEnded(context: Context, id: string, read: () => Promise<void>): Promise<void> {
  for (;;) {
    const { status } = await (await context.engine()).request('runs/get', { id });
    await read();
    if (!LIVE_STATUSES.includes(status)) return;
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}
