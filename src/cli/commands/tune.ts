import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { isScript, readScript, tuneFileOf, tuneText, type EarlierRuns } from '../../experiment/script/index.js';
import { DATA_FOLDER } from '../../files/real.js';
import type { Command } from '../command.js';
import type { Context } from '../context.js';
import { CommandError, UsageError } from '../errors.js';
import { safeLine } from '../text/terminal.js';
import { l10n } from '../../format/l10n.js';

/** Number of earlier runs whose metrics are considered. */
const MOST_RUNS = 200;

export const tune: Command = {
  name: 'tune',
  usage: 'SCRIPT [--output FILE] [--force]',
  summary: l10n.t('Writes an experiment file for a script: its arguments, their defaults, and ranges to search.'),
  details: l10n.t(
    'The code is read, not executed. Arguments are found in argparse, click, typer, fire, absl, dataclasses (tyro, draccus, HfArgumentParser), LightningCLI, Hydra, configuration files and nanoGPT-like configurators. The objective is a metric that earlier runs of the script logged, else one named in the code. The file works as it is with `tunesmith run` and `tunesmith search`.',
  ),
  options: {
    output: {
      type: 'string',
      short: 'o',
      value: 'FILE',
      help: l10n.t('Where to write it. Default: SCRIPT.tune.yaml beside the script.'),
    },
    force: { type: 'boolean', help: l10n.t('Replace an existing file.') },
  },
  examples: [
    ['tunesmith tune train.py', l10n.t('writes train.tune.yaml')],
    ['tunesmith search train.tune.yaml', l10n.t('search the values')],
  ],
  args: [1, 1],
  async run(context, input) {
    const script = context.file(input.args[0]!);
    if (!isScript(script))
      throw new UsageError(l10n.t('{0} is not a script: name a .py, .js, .ts or .sh file.', safeLine(input.args[0]!)));
    const target = path.resolve(context.cwd, input.text('output') ?? tuneFileOf(script));
    if (!/\.tune\.ya?ml$/i.test(target)) throw new UsageError(l10n.t('--output takes the name of a .tune.yaml file.'));
    const { text, found, place } = readScript(script, context.cwd, context.workspace);
    const cwd = path.relative(path.dirname(target), context.cwd).split(path.sep).join('/');
    const earlier = await earlierRuns(context, script, place.name);
    write(target, tuneText(found, text, { ...place, cwd: cwd === '' ? null : cwd }, earlier), input.flag('force'));
    const shown = safeLine(path.relative(context.cwd, target));
    context.print(l10n.t('Written: {0}', shown));
    context.say(l10n.t('Start it with: tunesmith run {0} · tunesmith search {1}', shown, shown));
    return 0;
  },
};

/** Metrics of this script's runs. A folder without any starts no engine. */
async function earlierRuns(context: Context, script: string, name: string): Promise<EarlierRuns> {
  if (!existsSync(path.join(context.workspace, DATA_FOLDER))) return { count: 0, metrics: [] };
  const { runs } = await (await context.engine()).request('runs/list', { limit: MOST_RUNS });
  const own = runs.filter((run) => run.file === script || run.experiment === name);
  return { count: own.length, metrics: [...new Set(own.flatMap((run) => Object.keys(run.metrics)))] };
}

function write(target: string, text: string, force: boolean): void {
  if (!force) {
    try {
      writeFileSync(target, text, { flag: 'wx' });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      throw new CommandError(l10n.t('{0} already exists. Look at it first; --force replaces it.', safeLine(target)));
    }
    return;
  }
  const temporary = `${target}.${process.pid}.tmp`;
  try {
    writeFileSync(temporary, text, { flag: 'wx' });
    renameSync(temporary, target);
  } finally {
    rmSync(temporary, { force: true });
  }
}
