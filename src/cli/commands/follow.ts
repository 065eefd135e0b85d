import * as path from 'node:path';
import type { Command } from '../command.js';
import { safeLine } from '../text/terminal.js';
import { l10n } from '../../format/l10n.js';

export const follow: Command = {
  name: 'follow',
  usage: 'OLD NEW',
  summary: l10n.t('Gives the runs and searches of a renamed experiment file to its new path.'),
  details: l10n.t(
    'Usually this happens by itself: an experiment file without runs that has the content, or the name, of one file that is gone keeps its runs. Use this command where several files could be meant, or where name and content have both changed. OLD and NEW may be folders.',
  ),
  options: {},
  examples: [['tunesmith follow digits.tune.yaml experiments/cnn.tune.yaml', l10n.t('the file was renamed and moved')]],
  args: [2, 2],
  async run(context, input) {
    const from = path.resolve(context.cwd, input.args[0]!);
    const to = path.resolve(context.cwd, input.args[1]!);
    const { runs } = await (await context.engine()).request('files/rename', { from, to });
    context.print(
      l10n.t('{0} runs of {1} belong to {2} now.', runs, safeLine(input.args[0]!), safeLine(input.args[1]!)),
    );
    return 0;
  },
};
