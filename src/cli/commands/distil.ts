/** `tunesmith distil`: the trained network of a run teaches the network of an experiment file. */
import { readFileSync } from 'node:fs';
import { NetworkFile } from '../../experiment/network/index.js';
import { distilText } from '../../experiment/network/trained/distilText.js';
import { parseExperiment } from '../../experiment/index.js';
import { JSON_OPTION, SET_OPTION, type Command, type Input } from '../command.js';
import { CommandError, UsageError } from '../errors.js';
import { PLACE_OPTION, readPlaceOption } from '../place.js';
import { withSendConsent, YES_OPTION } from '../sendConsent.js';
import { readSettings } from '../settings.js';
import { followToEnd } from './run.js';
import { l10n } from '../../format/l10n.js';

export const distil: Command = {
  name: 'distil',
  usage: 'TEACHER FILE [--alpha X] [--distance D] [--temperature T]',
  summary: l10n.t("Trains the network of a file with a run's trained network as its teacher."),
  details: l10n.t(
    'TEACHER is a run; FILE has the student as its "network:". Equivalent to "distil:" in the file (docs/network.md); docs/mappings.md has the formulas.',
  ),
  options: {
    on: PLACE_OPTION,
    yes: YES_OPTION,
    alpha: {
      type: 'string',
      value: 'X',
      help: l10n.t('Weight of the distance to the teacher, from 0 to 1. Default: 0.5.'),
    },
    distance: { type: 'string', value: 'D', help: l10n.t('logits (default), probabilities, kl or features.') },
    temperature: {
      type: 'string',
      value: 'T',
      help: l10n.t('Temperature of kl and probabilities. Default: 4 for kl, else 1.'),
    },
    epochs: { type: 'string', value: 'N', help: l10n.t('Epochs. Default: those of the file.') },
    set: SET_OPTION,
    name: { type: 'string', value: 'NAME', help: l10n.t('Name of the run.') },
    seed: { type: 'string', value: 'N', help: l10n.t('Seed of the run.') },
    json: JSON_OPTION,
  },
  examples: [
    ['tunesmith distil latest student.tune.yaml', l10n.t('compare logits, with half of the weight')],
    [
      'tunesmith distil latest student.tune.yaml --distance kl --temperature 4 --alpha 0.9',
      l10n.t('as in Hinton et al.'),
    ],
  ],
  args: [2, 2],
  async run(context, input) {
    const settings = settingsOf(input);
    const [seed, epochs] = [input.whole('seed', 0), input.whole('epochs', 1)];
    const name = input.text('name');
    const { params, floats } = readSettings(input.texts('set'));
    const file = context.file(input.args[1]!);
    const { experiment, problems } = parseExperiment(readFileSync(file, 'utf8'), file);
    if (!experiment) {
      const { line, column, message } = problems[0]!;
      throw new CommandError(`${file}:${line}:${column}: ${message}`);
    }
    const teacher = await context.run(input.args[0]!);
    const text = distilText(experiment, {
      teacher: teacher.id,
      settings,
      params: experiment.params,
      ...(epochs !== undefined && { epochs }),
    });
    if (text === null) throw new CommandError(l10n.t('Only the network of a file with a "network:" can be taught.'));
    const engine = await context.engine();
    const started = await withSendConsent(context, input.flag('yes'), (consent) =>
      engine.request('runs/start', {
        ...{ file, text, params },
        ...(floats && { floats }),
        name: name ?? `${experiment.name} taught by ${teacher.name}`,
        ...(seed !== undefined && { seed }),
        ...readPlaceOption(input),
        ...consent,
      }),
    );
    return followToEnd(context, started.run, input.flag('json'));
  },
};

/** Reads the options, and checks them as the file's section is checked. */
function settingsOf(input: Input): Record<string, unknown> {
  const settings: Record<string, unknown> = {};
  for (const option of ['alpha', 'temperature', 'distance'] as const) {
    const text = input.text(option);
    if (text !== undefined) settings[option] = option === 'distance' ? text : Number(text);
  }
  const parsed = NetworkFile.shape.distil.safeParse({ ...settings, teacher: { run: 'run' } });
  if (parsed.success) return settings;
  const [issue] = parsed.error.issues;
  const option = String(issue?.path[0] ?? '');
  throw new UsageError(`${option in settings ? `--${option}: ` : ''}${issue?.message ?? l10n.t('is not valid')}`);
}
