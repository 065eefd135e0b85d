/** `tunesmith auto`: finds a network for data by itself. */
import { mkdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { AutoError, planFile } from '../../automatic/files.js';
import { budgetOf, refitOf, type Budget } from '../../automatic/budget.js';
import { untilFirst } from '../../automatic/firstNetwork.js';
import { finish, type AskAuto, type Finished } from '../../automatic/finish.js';
import { look, readAuto, timeOfFile } from '../../automatic/look.js';
import { refuseRemote } from '../../automatic/places.js';
import { enqueuePortfolio } from '../../automatic/portfolio.js';
import { isExperimentFile, type Experiment } from '../../experiment/index.js';
import { formatNumber, formatParam } from '../../format/numbers.js';
import { writeWholeSync } from '../../files/whole.js';
import type { LookedLine } from '../../protocol/trainer/automatic.js';
import { ENDED_SEARCHES, type Search } from '../../protocol/engine/index.js';
import { forJson } from '../../protocol/values/floats.js';
import { JSON_OPTION, type Command, type Input } from '../command.js';
import type { Context } from '../context.js';
import { CommandError, UsageError } from '../errors.js';
import { PLACE_OPTION, readPlaceOption } from '../place.js';
import { followSearch } from '../follow/search.js';
import { safeLine, table } from '../text/terminal.js';
import { asking } from '../trainer.js';
import { timeOf } from './search.js';
import { l10n } from '../../format/l10n.js';
import { shown } from '../../format/said.js';

const DEFAULT_TIME = '60s';

export const auto: Command = {
  name: 'auto',
  usage: 'FILE.csv --target COLUMN [--time 60s] | FOLDER | FILE.npz | X.npy Y.npy | FILE.tune.yaml | --resume SEARCH',
  summary: l10n.t('Finds a network for your data by itself, and reports its quality on held-out examples.'),
  details: l10n.t(
    'Architecture and hyperparameters are searched together, as an ordinary search. A fifth of the examples is held out as the test set. It writes into the folder NAME.network next to the data: NAME.best.tune.yaml, the network as an ordinary experiment file; NAME.report.md; and NAME.ensemble.json for `tunesmith predict`: the best network, or several that are better together, trained again on the validation examples too if there was time. Ctrl+C once ends the search with the best so far. --resume searches longer, or writes the files of a search whose command was killed. Exit code: 0 if a network was found.',
  ),
  options: {
    target: {
      type: 'string',
      value: 'COLUMN',
      help: l10n.t('Column to predict, or array of targets in an NPZ file (y).'),
    },
    inputs: { type: 'string', value: 'NAME', help: l10n.t('Array of inputs in an NPZ file. Default: x.') },
    time: {
      type: 'string',
      value: 'TIME',
      help: l10n.t('Time limit, such as 20s, 10m or 2h. Default: {0}.', DEFAULT_TIME),
    },
    trials: {
      type: 'string',
      value: 'N',
      help: l10n.t('Maximum number of networks to try. Default: as many as the time allows.'),
    },
    task: { type: 'string', value: 'TASK', help: l10n.t('classification or regression. Default: by the targets.') },
    kind: {
      type: 'string',
      value: 'KIND',
      help: l10n.t('rows, pictures or sequences. Default: by the shape of the examples.'),
    },
    seed: { type: 'string', value: 'N', help: l10n.t('Seed of the search.') },
    out: {
      type: 'string',
      short: 'o',
      value: 'FOLDER',
      help: l10n.t('Folder for the files. Default: NAME.network next to the data, or that of the experiment file.'),
    },
    resume: { type: 'string', value: 'SEARCH', help: l10n.t('Continue this search of an earlier `tunesmith auto`.') },
    on: PLACE_OPTION,
    json: JSON_OPTION,
  },
  examples: [
    ['tunesmith auto houses.csv --target price', l10n.t('a network for a table, within a minute')],
    ['tunesmith auto pictures --time 10m', l10n.t('for a folder of images, one subfolder per class')],
    ['tunesmith auto sensors.npz --inputs x --target y --kind sequences', l10n.t('for an archive of arrays')],
    ['tunesmith auto houses.csv --target price --json', l10n.t('the result for a script')],
  ],
  args: [0, 2],
  async run(context, input) {
    const began = Date.now();
    const ask = asking(context);
    try {
      const { search, looked, isOver, budget } = await searchFor(context, input, ask, began);
      const engine = await context.engine();
      const follow = (one: Search): Promise<Search> => followSearch(context, one, { quiet: input.flag('json') });
      const started = Date.now();
      const ended = isOver ? search : await untilFirst(engine, await follow(search), budget.search, follow);
      if (!ENDED_SEARCHES.includes(ended.status)) return 130;
      const seconds = (Date.now() - began) / 1000;
      const notes = (looked?.notes ?? []).map(shown);
      const done = await finish({
        engine,
        ask,
        search: ended,
        out: outOf(context, input),
        notes,
        seconds,
        refit: refitOf(budget, isOver ? null : (Date.now() - started) / 1000),
      });
      if (input.flag('json')) context.json(resultJson(done));
      else printResult(context, done);
      return 0;
    } catch (error) {
      if (error instanceof AutoError) throw new CommandError(error.message, [], 2);
      throw error;
    }
  },
};

interface Begun {
  search: Search;
  looked: LookedLine | null;
  /** There is nothing to wait for. */
  isOver: boolean;
  budget: Budget;
}

async function searchFor(context: Context, input: Input, ask: AskAuto, began: number): Promise<Begun> {
  const resumed = input.text('resume');
  if (resumed !== undefined) return resume(context, input, resumed);
  const place = readPlaceOption(input);
  const [trials, seed] = [input.whole('trials'), input.whole('seed', 0)];
  const { file, text, experiment } = fileOf(context, input);
  refuseRemote(place.place?.on ?? null, experiment);
  const start = Date.now();
  const looked = await look(ask, experiment, file, context.cwd);
  const seconds = (Date.now() - start) / 1000;
  context.say(safeLine(lookedText(looked)));
  for (const note of looked.notes) context.say(`  ${safeLine(shown(note))}`);
  writeNew(file, text);
  const engine = await context.engine();
  const time = timeOf(input) ?? timeOfFile(experiment);
  const budget = budgetOf(time, (Date.now() - began) / 1000, seconds);
  const { search } = await engine.request('searches/start', {
    file,
    ...place,
    ...(trials !== undefined && { trials }),
    ...(seed !== undefined && { seed }),
    data: looked.facts,
    ...(time !== null && { time: budget.search }),
  });
  await enqueuePortfolio(engine, search, experiment);
  const similar = /begins with what was best on similar data: .*$/.exec(search.reason ?? '')?.[0];
  if (similar !== undefined) {
    context.say(`  ${safeLine(similar)}`);
    looked.notes.push(similar);
  }
  return { search, looked, isOver: false, budget };
}

/** An experiment file as it is, or one that is written for the data. */
function fileOf(context: Context, input: Input): { file: string; text: string; experiment: Experiment } {
  if (input.args.length === 0) throw new UsageError(l10n.t('Name the data: tunesmith auto FILE.csv --target COLUMN'));
  const files = input.args.map((name) => path.resolve(context.cwd, name));
  timeOf(input);
  let file: string;
  let text: string;
  if (isExperimentFile(files[0]!)) {
    file = context.file(input.args[0]!);
    text = readFileSync(file, 'utf8');
  } else {
    ({ file, text } = planFile({
      files,
      target: input.text('target') ?? null,
      inputs: input.text('inputs') ?? null,
      task: oneOf(input, 'task', ['classification', 'regression'] as const),
      kind: oneOf(input, 'kind', ['rows', 'pictures', 'sequences'] as const),
      time: input.text('time') ?? DEFAULT_TIME,
      trials: null,
      out: outOf(context, input),
    }));
  }
  const read = readAuto(text, file);
  if ('problems' in read) throw new CommandError(l10n.t('The experiment file has errors.'), read.problems, 2);
  if (read.experiment.program.kind !== 'network' || !read.experiment.search) {
    throw new CommandError(l10n.t('{0} has no "auto": write network: { data: …, auto: 60s }', input.args[0]), [], 2);
  }
  return { file, text, experiment: read.experiment };
}

function writeNew(file: string, text: string): void {
  try {
    if (readFileSync(file, 'utf8') === text) return;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  mkdirSync(path.dirname(file), { recursive: true });
  writeWholeSync(file, text);
}

/** An ended search is only evaluated again, unless more time is given. */
async function resume(context: Context, input: Input, id: string): Promise<Begun> {
  const engine = await context.engine();
  const search = await engine.request('searches/get', { id });
  const isOver = ENDED_SEARCHES.includes(search.status);
  const time = timeOf(input);
  const budget = budgetOf(time ?? null, 0, 0);
  if (!isOver || time === undefined) return { search, looked: null, isOver, budget };
  await engine.request('searches/change', { id, time: budget.search });
  return { search: await engine.request('searches/get', { id }), looked: null, isOver: false, budget };
}

function outOf(context: Context, input: Input): string | null {
  const out = input.text('out');
  return out === undefined ? null : path.resolve(context.cwd, out);
}

function oneOf<const T extends readonly string[]>(input: Input, name: string, words: T): T[number] | null {
  const text = input.text(name);
  if (text === undefined) return null;
  if (words.includes(text)) return text;
  throw new UsageError(l10n.t('--{0} takes one of {1}, not "{2}".', name, words.join(', '), text));
}

function lookedText({ name, task, classes, kind, inputShape, train, validation, test }: LookedLine): string {
  const what = task === 'classification' ? l10n.t('classification into {0} classes', classes!.length) : 'regression';
  return l10n.t(
    '{0}: {1}, {2} of {3}; {4} training, {5} validation and {6} test examples',
    name,
    what,
    kind,
    inputShape.join('×'),
    train,
    validation,
    test,
  );
}

export function resultJson({ file, params, floats, found }: Finished) {
  const { metric, best } = found;
  return {
    file,
    best: { params: forJson(params, floats), validation: best.validation },
    test: { metric, value: best.test },
  };
}

function printResult(context: Context, done: Finished): void {
  const { found, params } = done;
  const { metric, best, ensemble, whole, baseline } = found;
  const shown = (file: string): string => safeLine(path.relative(context.cwd, file));
  const cell = (value: number | null): string => (value === null ? '–' : formatNumber(value));
  const rows = [
    [metric === 'accuracy' ? l10n.t('most frequent class') : l10n.t('mean of the targets'), '–', cell(baseline)],
    [l10n.t('best network'), cell(best.validation), cell(best.test)],
    ...(ensemble
      ? [[l10n.t('ensemble of {0}', ensemble.members.length), cell(ensemble.validation), cell(ensemble.test)]]
      : []),
    ...(whole ? [[l10n.t('trained again on all but the test examples'), '–', cell(whole.test)]] : []),
  ];
  const heads = [
    { title: metric === 'accuracy' ? 'accuracy' : 'R²' },
    { title: l10n.t('validation'), align: 'right' as const },
    { title: l10n.t('test'), align: 'right' as const },
  ];
  table(heads, rows, context.paint, context.columns).forEach((line) => context.print(line));
  context.print();
  const width = Math.max(...Object.keys(params).map((name) => name.length));
  for (const [name, value] of Object.entries(params)) {
    context.print(`  ${safeLine(name).padEnd(width)}  ${safeLine(formatParam(value))}`);
  }
  context.print();
  context.print(l10n.t('The network: {0}   the report: {1}', shown(done.file), shown(done.report)));
  if (done.ensemble) context.print(l10n.t('Predict with: tunesmith predict {0} FILE', shown(done.ensemble)));
  else context.print(l10n.t('Predict with: tunesmith predict {0} FILE', best.run));
}
