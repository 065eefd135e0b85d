/** `tunesmith evaluate` and `tunesmith predict`: a trained network on a person's own files. */
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { z } from 'zod';
import { TEST_PART, TrainerLine } from '../../protocol/trainer.js';
import { JSON_OPTION, type Command, type Input } from '../command.js';
import type { Context } from '../context.js';
import { CommandError, UsageError } from '../errors.js';
import { safeLine, table } from '../terminal.js';
import { asking, askTrainer } from '../trainer.js';
import { FOLD_OPTION, foldOf, folderOf } from './export.js';

const FILES =
  'FILE has the format of the training data: a CSV file; two IDX or NPY files, inputs and targets; an NPZ archive; images or a folder of ' +
  'images. Numbers are standardized and classes named as in training.';

/** Most classes that are shown on a terminal. */
const MOST_CLASSES = 20;

export const evaluate: Command = {
  name: 'evaluate',
  usage: 'RUN [FILE …]',
  summary: 'Evaluates a trained network on a file or, without one, on the validation examples of its run.',
  details: FILES,
  options: {
    fold: FOLD_OPTION,
    test: {
      type: 'boolean',
      help: 'Evaluate on the test part, which "test:" in the file keeps from training and validation.',
    },
    json: JSON_OPTION,
  },
  examples: [
    ['tunesmith evaluate latest test.csv', 'on a test set'],
    ['tunesmith evaluate latest images.npy labels.npy', 'on a pair of arrays, inputs and targets'],
  ],
  args: [1, 3],
  async run(context, input) {
    const [word, ...files] = input.args;
    const run = await context.run(word!);
    const folder = await folderOf(context, run.id);
    if (input.flag('test') && files.length > 0)
      throw new UsageError('--test takes no files: they are the other examples.');
    const part = input.flag('test') ? [TEST_PART] : [];
    const answer = await askTrainer(
      context,
      ['--evaluate', folder, context.cwd, foldOf(input), ...part, ...files],
      'Evaluating',
      TrainerLine,
    );
    if (answer.type !== 'evaluated') throw new CommandError('The trainer did not return metrics.');
    answer.notes.forEach((note) => context.say(safeLine(note)));
    const { data, examples, metrics, confusion } = answer;
    if (input.flag('json')) {
      context.json({ run: run.id, data, examples, metrics, confusion });
      return 0;
    }
    context.print(`${safeLine(run.name)} on ${safeLine(data)}: ${examples} examples`);
    const width = Math.max(...Object.keys(metrics).map((name) => safeLine(name).length));
    for (const [name, value] of Object.entries(metrics)) {
      context.print(`  ${safeLine(name).padEnd(width)}  ${value === null ? '–' : Number(value.toPrecision(6))}`);
    }
    if (confusion && confusion.classes.length <= MOST_CLASSES) printConfusion(context, confusion);
    return 0;
  },
};

function printConfusion(context: Context, { classes, rows }: { classes: string[]; rows: number[][] }): void {
  context.print();
  const heads = [
    { title: 'true \\ predicted' },
    ...classes.map((name) => ({ title: safeLine(name), align: 'right' as const })),
  ];
  const cells = rows.map((row, i) => [classes[i]!, ...row.map(String)]);
  table(heads, cells, context.paint, context.columns).forEach((line) => context.print(line));
}

export const predict: Command = {
  name: 'predict',
  usage: 'RUN|ENSEMBLE.json FILE … [--out predictions.csv]',
  summary: "Writes a trained network's predictions for each row of a file as CSV.",
  details:
    `${FILES} The target may be missing. Each line has the row number (from 1) or the image file, the prediction, and the ` +
    'probability of each class.',
  options: {
    out: { type: 'string', short: 'o', value: 'FILE', help: 'Default: predictions.csv.' },
    force: { type: 'boolean', help: 'Replace an existing file.' },
    fold: FOLD_OPTION,
  },
  examples: [
    ['tunesmith predict latest new.csv --out predictions.csv', 'one line per row'],
    ['tunesmith predict latest cat.jpg dog.jpg', 'predict images'],
    ['tunesmith predict houses.ensemble.json new.csv', 'by several networks that `tunesmith auto` has put together'],
  ],
  args: [2, 10_000],
  async run(context, input) {
    const [word, ...files] = input.args;
    const out = path.resolve(context.cwd, input.text('out') ?? 'predictions.csv');
    if (files.some((file) => path.resolve(context.cwd, file) === out)) {
      throw new UsageError(`--out names the file that is read: ${safeLine(out)}`);
    }
    if (/\.json$/i.test(word!)) return predictTogether(context, input, word!, files, out);
    const run = await context.run(word!);
    const folder = await folderOf(context, run.id);
    const force = input.flag('force') ? '--force' : '';
    const args = ['--predict', folder, context.cwd, out, force, foldOf(input), ...files];
    const answer = await askTrainer(context, args, 'Predicting', TrainerLine);
    if (answer.type !== 'predicted') throw new CommandError('The trainer did not report its predictions.');
    answer.notes.forEach((note) => context.say(safeLine(note)));
    context.print(`${answer.examples} rows in ${safeLine(path.relative(context.cwd, out) || out)}`);
    return 0;
  },
};

const Ensemble = z.object({
  format: z.literal('tunesmith ensemble'),
  members: z.array(z.object({ run: z.string(), weight: z.number().positive() })).min(1),
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
  if (!parsed.success) throw new CommandError(`${file} is not an ensemble that "tunesmith auto" has written.`, [], 2);
  if (input.text('fold') !== undefined) throw new UsageError('--fold goes with a run, not with an ensemble.');
  const members = [];
  for (const { run, weight } of parsed.data.members) {
    members.push({ id: run, weight, folder: await folderOf(context, (await context.run(run)).id) });
  }
  const force = input.flag('force');
  const answer = await asking(context)(
    { type: 'predict', members, files, folder: context.cwd, output, force },
    'Predicting',
  );
  if (answer.type !== 'predictedTogether') throw new CommandError('The trainer did not report its predictions.');
  answer.notes.forEach((note) => context.say(safeLine(note)));
  const shown = safeLine(path.relative(context.cwd, output) || output);
  context.print(`${answer.examples} rows in ${shown}, by ${members.length} networks`);
  return 0;
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return null;
  }
}
