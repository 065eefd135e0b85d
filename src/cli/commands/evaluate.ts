/** `tunesmith evaluate`: metrics of a trained network, and on demand explanations, attacks, corruptions and calibration. */
import { STRENGTHS, type ExamineSettings } from '../../protocol/trainer/examined.js';
import { TEST_PART, TrainerLine } from '../../protocol/trainer/index.js';
import { JSON_OPTION, type Command, type Input } from '../command.js';
import type { Context } from '../context.js';
import { CommandError, UsageError } from '../errors.js';
import { examinedLines } from '../text/examinedText.js';
import { safeLine, table } from '../text/terminal.js';
import { askTrainer } from '../trainer.js';
import { FOLD_OPTION, foldOf, folderOf } from './export.js';
import { FILES } from './predict.js';
import { l10n } from '../../format/l10n.js';
import { shown } from '../../format/said.js';

/** Most classes that are shown on a terminal. */
const MOST_CLASSES = 20;
/** Examples that are attacked and corrupted by default. */
const EXAMPLES = 1000;

export const evaluate: Command = {
  name: 'evaluate',
  usage: 'RUN [FILE …]',
  summary: l10n.t('Evaluates a trained network on a file or, without one, on the validation examples of its run.'),
  details: l10n.t(
    '{0} Pictures and plots of --explain, --attack, --corrupt and --calibrate become media of the run.',
    FILES,
  ),
  options: {
    explain: {
      type: 'string',
      value: 'N',
      help: l10n.t('Explain N examples by integrated gradients and occlusion.'),
    },
    attack: { type: 'boolean', help: l10n.t('Accuracy under the attacks FGSM and PGD.') },
    strengths: {
      type: 'string',
      value: 'LIST',
      help: l10n.t("Largest changes by an attack, as shares of the inputs' range. Default: {0}.", STRENGTHS.join(',')),
    },
    corrupt: { type: 'boolean', help: l10n.t('Accuracy under noise, missing values, blur, contrast and brightness.') },
    calibrate: { type: 'boolean', help: l10n.t('Calibration error, and the temperature that would reduce it.') },
    examples: {
      type: 'string',
      value: 'N',
      help: l10n.t('Maximum number of examples to attack and corrupt. Default: {0}.', EXAMPLES),
    },
    fold: FOLD_OPTION,
    test: {
      type: 'boolean',
      help: l10n.t('Evaluate on the test set, which "test:" in the file holds out from training and validation.'),
    },
    json: JSON_OPTION,
  },
  examples: [
    ['tunesmith evaluate latest test.csv', l10n.t('on a test set')],
    ['tunesmith evaluate latest images.npy labels.npy', l10n.t('on a pair of arrays, inputs and targets')],
    ['tunesmith evaluate latest --explain 8 --attack --calibrate', l10n.t('what it looks at, and how far to trust it')],
  ],
  args: [1, 3],
  async run(context, input) {
    const [word, ...given] = input.args;
    if (input.flag('test') && given.length > 0)
      throw new UsageError(l10n.t('--test takes no files: they are the other examples.'));
    const files = input.flag('test') ? [TEST_PART] : given;
    const settings = settingsOf(input);
    const run = await context.run(word!);
    const folder = await folderOf(context, run.id);
    const common = [folder, context.cwd, foldOf(input)];
    const answer = await askTrainer(context, ['--evaluate', ...common, ...files], 'Evaluating', TrainerLine);
    if (answer.type !== 'evaluated') throw new CommandError(l10n.t('The trainer did not return metrics.'));
    answer.notes.forEach((note) => context.say(safeLine(shown(note))));
    const { data, examples, metrics, confusion } = answer;
    if (!input.flag('json')) printMetrics(context, run.name, answer);
    const found = settings && (await examined(context, [...common, JSON.stringify(settings), ...files]));
    if (input.flag('json')) {
      context.json({ run: run.id, data, examples, metrics, confusion, ...(found && { examined: found }) });
      return 0;
    }
    if (found) examinedLines(found).forEach((line) => context.print(line));
    return 0;
  },
};

async function examined(context: Context, args: string[]) {
  const answer = await askTrainer(context, ['--examine', ...args], 'Examining', TrainerLine);
  if (answer.type !== 'examined') throw new CommandError(l10n.t('The trainer did not report what it found.'));
  return answer.found;
}

/** Returns the examinations of the network; null: none. */
function settingsOf(input: Input): ExamineSettings | null {
  const given = input.text('strengths');
  const attack = input.flag('attack') || given !== undefined ? strengthsOf(given) : [];
  const settings = {
    explain: input.whole('explain') ?? 0,
    attack,
    corrupt: input.flag('corrupt'),
    calibrate: input.flag('calibrate'),
    examples: input.whole('examples') ?? EXAMPLES,
  };
  if (settings.explain > 1000) throw new UsageError(l10n.t('--explain takes at most 1000 examples.'));
  return settings.explain > 0 || attack.length > 0 || settings.corrupt || settings.calibrate ? settings : null;
}

function strengthsOf(text: string | undefined): number[] {
  if (text === undefined) return STRENGTHS;
  const numbers = text.split(',').map((part) => (part.trim() === '' ? NaN : Number(part)));
  if (numbers.length <= 20 && numbers.every((value) => value > 0 && value < Infinity)) return numbers;
  throw new UsageError(l10n.t('--strengths takes up to 20 numbers above 0, such as 0.01,0.1, not "{0}".', text));
}

function printMetrics(
  context: Context,
  name: string,
  { data, examples, metrics, confusion }: Extract<TrainerLine, { type: 'evaluated' }>,
): void {
  context.print(l10n.t('{0} on {1}: {2} examples', safeLine(name), safeLine(data), examples));
  const width = Math.max(...Object.keys(metrics).map((metric) => safeLine(metric).length));
  for (const [metric, value] of Object.entries(metrics)) {
    context.print(`  ${safeLine(metric).padEnd(width)}  ${value === null ? '–' : Number(value.toPrecision(6))}`);
  }
  if (confusion && confusion.classes.length <= MOST_CLASSES) printConfusion(context, confusion);
}

function printConfusion(context: Context, { classes, rows }: { classes: string[]; rows: number[][] }): void {
  context.print();
  const heads = [
    { title: l10n.t('true \\ predicted') },
    ...classes.map((name) => ({ title: safeLine(name), align: 'right' as const })),
  ];
  const cells = rows.map((row, i) => [classes[i]!, ...row.map(String)]);
  table(heads, cells, context.paint, context.columns).forEach((line) => context.print(line));
}
