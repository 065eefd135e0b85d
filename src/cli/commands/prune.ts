/** `tunesmith prune`: removes the least important parts of a run's trained network, in a new run. */
import { join, resolve } from 'node:path';
import { NetworkFile } from '../../experiment/network/index.js';
import { pruneText } from '../../experiment/network/trained/pruneText.js';
import type { Experiment } from '../../experiment/types.js';
import { readReal, STATE_LIMIT } from '../../files/real.js';
import { RUN_FILES } from '../../protocol/run/runFiles.js';
import { JSON_OPTION, type Command, type Input } from '../command.js';
import { CommandError, UsageError } from '../errors.js';
import { PLACE_OPTION, readPlaceOption } from '../place.js';
import { withSendConsent, YES_OPTION } from '../sendConsent.js';
import { followToEnd } from './run.js';
import { l10n } from '../../format/l10n.js';

const WORDS = { by: 'by', of: 'of', scope: 'scope' } as const;
const NUMBERS = {
  remove: 'remove',
  rounds: 'rounds',
  retrain: 'retrain',
  'max-drop': 'maxDrop',
  examples: 'examples',
  probes: 'probes',
} as const;

export const prune: Command = {
  name: 'prune',
  usage: 'RUN [--by IMPORTANCE] [--remove SHARE|N] [--rounds N] [--retrain EPOCHS]',
  summary: l10n.t(
    "Removes the least important filters, units or layers of a run's trained network, and retrains the rest.",
  ),
  details: l10n.t(
    'Makes a run with a smaller network, which is saved, exported and evaluated like any other. The same as "from:" and "prune:" in a file (docs/network.md); docs/mappings.md has the formulas.',
  ),
  options: {
    on: PLACE_OPTION,
    yes: YES_OPTION,
    by: {
      type: 'string',
      value: 'IMPORTANCE',
      help: l10n.t('taylor (default), fisher, curvature, magnitude or random.'),
    },
    of: { type: 'string', value: 'PART', help: l10n.t('units (default) or layers.') },
    remove: {
      type: 'string',
      value: 'SHARE|N',
      help: l10n.t('Share of the parts to remove, or their number. Default: 0.5.'),
    },
    rounds: { type: 'string', value: 'N', help: l10n.t('Rounds in which they are removed. Default: 1.') },
    retrain: { type: 'string', value: 'EPOCHS', help: l10n.t('Epochs of retraining after each round. Default: 1.') },
    'max-drop': {
      type: 'string',
      value: 'X',
      help: l10n.t('End with the last round that loses at most this much accuracy.'),
    },
    scope: {
      type: 'string',
      value: 'SCOPE',
      help: l10n.t('Rank the units of the network together, or of each layer.'),
    },
    examples: { type: 'string', value: 'N', help: l10n.t('Training examples for the estimates. Default: 512.') },
    probes: { type: 'string', value: 'N', help: l10n.t('Random directions for the estimates. Default: 16.') },
    seed: { type: 'string', value: 'N', help: l10n.t('Seed of the run.') },
    json: JSON_OPTION,
  },
  examples: [
    ['tunesmith prune latest', l10n.t('half of the units, in one round')],
    [
      'tunesmith prune latest --remove 0.9 --rounds 8 --retrain 2 --max-drop 0.01',
      l10n.t('as many as accuracy allows'),
    ],
  ],
  args: [1, 1],
  async run(context, input) {
    const settings = settingsOf(input);
    const seed = input.whole('seed', 0);
    const run = await context.run(input.args[0]!);
    const engine = await context.engine();
    const detail = await engine.request('runs/get', { id: run.id });
    const experiment = JSON.parse(readReal(join(detail.folder, RUN_FILES.experiment), STATE_LIMIT)) as Experiment;
    const text = run.file === null ? null : pruneText(experiment, run, settings);
    if (text === null) throw new CommandError(l10n.t('Only runs of the built-in trainer ("network:") can be pruned.'));
    const started = await withSendConsent(context, input.flag('yes'), (consent) =>
      engine.request('runs/start', {
        file: resolve(context.workspace, run.file!),
        text,
        name: `${run.name} pruned`,
        ...(seed === undefined ? {} : { seed }),
        ...readPlaceOption(input),
        ...consent,
      }),
    );
    return followToEnd(context, started.run, input.flag('json'));
  },
};

/** Reads the options, and checks them as the file's section is checked. */
function settingsOf(input: Input): Record<string, unknown> {
  const given = [
    ...Object.entries(WORDS).map(([option, key]) => [option, key, input.text(option)] as const),
    ...Object.entries(NUMBERS).map(([option, key]) => {
      const text = input.text(option);
      return [option, key, text === undefined ? undefined : Number(text)] as const;
    }),
  ].filter(([, , value]) => value !== undefined);
  const settings = Object.fromEntries(given.map(([, key, value]) => [key, value]));
  const parsed = NetworkFile.shape.prune.safeParse(settings);
  if (parsed.success) return settings;
  const [issue] = parsed.error.issues;
  const option = given.find(([, key]) => key === issue?.path[0])?.[0];
  throw new UsageError(`${option === undefined ? '' : `--${option}: `}${issue?.message ?? l10n.t('is not valid')}`);
}
