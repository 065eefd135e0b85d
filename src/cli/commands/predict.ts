/** `tunesmith predict`: a trained network on a person's own files. */
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { z } from 'zod';
import { TrainerLine } from '../../protocol/trainer/index.js';
import type { Command, Input } from '../command.js';
import type { Context } from '../context.js';
import { CommandError, UsageError } from '../errors.js';
import { safeLine } from '../text/terminal.js';
import { asking, askTrainer } from '../trainer.js';
import { FOLD_OPTION, foldOf, folderOf } from './export.js';
import { l10n } from '../../format/l10n.js';
import { shown } from '../../format/said.js';

export const FILES = l10n.t(
  'FILE has the format of the training data: a CSV file; two IDX or NPY files, inputs and targets; an NPZ archive; images or a folder of images. Numbers are standardized and classes named as in training.',
);

export const predict: Command = {
  name: 'predict',
  usage: 'RUN|ENSEMBLE.json FILE … [--out predictions.csv]',
  summary: l10n.t("Writes a trained network's predictions for each row of a file as CSV."),
  details: l10n.t(
    '{0} The target may be missing. Each line has the row number (from 1) or the image file, the prediction, and the probability of each class.',
    FILES,
  ),
  options: {
    out: { type: 'string', short: 'o', value: 'FILE', help: l10n.t('Default: predictions.csv.') },
    force: { type: 'boolean', help: l10n.t('Replace an existing file.') },
    fold: FOLD_OPTION,
  },
  examples: [
    ['tunesmith predict latest new.csv --out predictions.csv', l10n.t('one line per row')],
    ['tunesmith predict latest cat.jpg dog.jpg', l10n.t('predict images')],
    [
      'tunesmith predict houses.network/houses.ensemble.json new.csv',
      l10n.t('with an ensemble that `tunesmith auto` has built'),
    ],
  ],
  args: [2, 10_000],
  async run(context, input) {
    const [word, ...files] = input.args;
    const out = path.resolve(context.cwd, input.text('out') ?? 'predictions.csv');
    if (files.some((file) => path.resolve(context.cwd, file) === out)) {
      throw new UsageError(l10n.t('--out names the file that is read: {0}', safeLine(out)));
    }
    if (/\.json$/i.test(word!)) return predictTogether(context, input, word!, files, out);
    const run = await context.run(word!);
    const folder = await folderOf(context, run.id);
    const force = input.flag('force') ? '--force' : '';
    const args = ['--predict', folder, context.cwd, out, force, foldOf(input), ...files];
    const answer = await askTrainer(context, args, 'Predicting', TrainerLine);
    if (answer.type !== 'predicted') throw new CommandError(l10n.t('The trainer did not report its predictions.'));
    answer.notes.forEach((note) => context.say(safeLine(shown(note))));
    context.print(l10n.t('{0} rows in {1}', answer.examples, safeLine(path.relative(context.cwd, out) || out)));
    return 0;
  },
};

const Ensemble = z.object({
  format: z.literal('tunesmith ensemble'),
  members: z
    .array(
      z.object({
        run: z.string(),
        weight: z.number().positive(),
        copies: z.number().int().min(0).max(100).optional(),
      }),
    )
    .min(1),
});

/** Predicts by the networks that an ensemble's file names. */
async function predictTogether(
  context: Context,
  input: Input,
  name: string,
  files: string[],
  output: string,
): Promise<number> {
  const file = context.file(name);
  const parsed = Ensemble.safeParse(readJson(file));
  if (!parsed.success)
    throw new CommandError(l10n.t('{0} is not an ensemble that "tunesmith auto" has written.', file), [], 2);
  if (input.text('fold') !== undefined) throw new UsageError(l10n.t('--fold is for a run, not for an ensemble.'));
  const members = [];
  for (const { run, weight, copies } of parsed.data.members) {
    members.push({ id: run, weight, copies, folder: await folderOf(context, (await context.run(run)).id) });
  }
  const force = input.flag('force');
  const answer = await asking(context)(
    { type: 'predict', members, files, folder: context.cwd, output, force },
    'Predicting',
  );
  if (answer.type !== 'predictedTogether')
    throw new CommandError(l10n.t('The trainer did not report its predictions.'));
  answer.notes.forEach((note) => context.say(safeLine(shown(note))));
  const shownFile = safeLine(path.relative(context.cwd, output) || output);
  context.print(l10n.t('{0} rows in {1}, by {2} networks', answer.examples, shownFile, members.length));
  return 0;
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return null;
  }
}
