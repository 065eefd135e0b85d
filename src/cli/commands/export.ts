import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import * as path from 'node:path';
import type { Writable } from 'node:stream';
import type { Run } from '../../protocol/engine/index.js';
import { csv } from '../../protocol/values/csv.js';
import { escapeUnsafe } from '../../protocol/values/shownText.js';
import { EXPORT_FORMATS, TrainerLine, fileNameOf } from '../../protocol/trainer/index.js';
import { EXPORT_KINDS, type ExportKind } from '../../foreign/export/source.js';
import { suggest } from '../../experiment/suggest.js';
import type { Command, Input, Option } from '../command.js';
import type { Context } from '../context.js';
import { CommandError, UsageError } from '../errors.js';
import { readPoints } from '../text/points.js';
import { runJson } from '../text/shapes.js';
import { forStream, safeLine } from '../text/terminal.js';
import { askTrainer } from '../trainer.js';
import { exportTo } from './exportTo.js';
import { QUERY_OPTIONS, readQuery } from './ls.js';
import { entryOf } from '../../protocol/values/records.js';
import { l10n } from '../../format/l10n.js';

/** Selects one network of a cross-validation. */
export const FOLD_OPTION: Option = {
  type: 'string',
  value: 'N',
  help: l10n.t('For a cross-validated run: number of the fold, from 1.'),
};
export const foldOf = (input: Input): string => String(input.whole('fold') ?? '');

const TABLE_FORMATS = ['csv', 'jsonl'] as const;
type TableFormat = (typeof TABLE_FORMATS)[number];

export const exportRuns: Command = {
  name: 'export',
  usage: '[RUN …]',
  summary: l10n.t(
    'Exports runs as tables or for other tools, with --points all their metric points, or with --to a trained network.',
  ),
  details: l10n.t(
    '--to exports the network of a run of the built-in trainer: keras (Keras 3), tfjs (a folder for tf.loadLayersModel), onnx, or only the weights as safetensors or npz. The first three include standardization and take raw inputs. Names of classes and inputs are included.',
  ),
  options: {
    ...QUERY_OPTIONS,
    format: {
      type: 'string',
      value: [...TABLE_FORMATS, ...EXPORT_KINDS].join('|'),
      help: l10n.t('Default: by the extension of --output, else csv.'),
    },
    output: {
      type: 'string',
      short: 'o',
      value: 'FILE',
      help: l10n.t(
        'Default: standard output. A new folder for tensorboard and mlflow, a new file for optuna and parquet.',
      ),
    },
    to: { type: 'string', value: EXPORT_FORMATS.join('|'), help: l10n.t('Export the trained network of one run.') },
    out: {
      type: 'string',
      value: 'PATH',
      help: l10n.t('With --to: the file, or the folder for tfjs. Default: named after the run.'),
    },
    force: { type: 'boolean', help: l10n.t('With --to: replace an existing file or folder.') },
    fold: FOLD_OPTION,
    points: { type: 'boolean', help: l10n.t('One row per metric point instead of one row per run.') },
  },
  examples: [
    ['tunesmith export -o runs.csv', l10n.t('a table of all runs')],
    ['tunesmith export --format tensorboard -o logs', l10n.t("all runs as TensorBoard's event files")],
    ['tunesmith export latest --points -o points.jsonl', l10n.t("every point of the newest run's metrics")],
  ],
  args: [0, 10_000],
  async run(context, input) {
    const to = input.text('to');
    if (to !== undefined) return exportNetwork(context, input, to);
    if (input.text('out') !== undefined || input.flag('force'))
      throw new UsageError(l10n.t('--out and --force need --to.'));
    const output = input.text('output');
    const format = readFormat(input.text('format'), output);
    const runs = input.args.length ? await context.runs(input.args) : await allRuns(context, readQuery(input));
    if (format !== 'csv' && format !== 'jsonl') {
      return exportTo(context, format, runs, { output, points: input.flag('points') });
    }
    const sink = output ? createWriteStream(path.resolve(context.cwd, output)) : process.stdout;
    const write = (line: string): Promise<unknown> | void => {
      const shown = output ? line : onStream(line, format);
      if (!sink.write(`${shown}\n`)) return once(sink, 'drain');
    };
    if (input.flag('points')) await writePoints(context, runs, format, write);
    else await writeRuns(runs, format, write);
    if (output) await finish(sink);
    return 0;
  },
};

function readFormat(word: string | undefined, output: string | undefined): TableFormat | ExportKind {
  const formats = [...TABLE_FORMATS, ...EXPORT_KINDS];
  if (word === undefined) {
    if (output && /\.(jsonl|ndjson)$/i.test(output)) return 'jsonl';
    return output && /\.parquet$/i.test(output) ? 'parquet' : 'csv';
  }
  const format = formats.find((each) => each === word);
  if (format) return format;
  const near = suggest(word, formats);
  throw new UsageError(
    l10n.t(
      '--format takes one of {0}, not "{1}"{2}',
      formats.join(', '),
      word,
      near ? l10n.t('; did you mean "{0}"?', near) : '.',
    ),
  );
}

/** Escapes names and values of a run for a terminal; a file or another program gets them exactly. */
function onStream(line: string, format: 'csv' | 'jsonl'): string {
  return process.stdout.isTTY && format === 'jsonl' ? escapeUnsafe(line) : forStream(line, process.stdout);
}

async function exportNetwork(context: Context, input: Input, to: string): Promise<number> {
  const format = EXPORT_FORMATS.find((each) => each === to);
  if (!format) {
    const near = suggest(to, EXPORT_FORMATS);
    const hint = near ? l10n.t('; did you mean "{0}"?', near) : '.';
    throw new UsageError(l10n.t('--to takes one of {0}, not "{1}"{2}', EXPORT_FORMATS.join(', '), to, hint));
  }
  if (input.args.length !== 1) throw new UsageError(l10n.t('Name the one run whose network is to be exported.'));
  const run = await context.run(input.args[0]!);
  const out = path.resolve(context.cwd, input.text('out') ?? input.text('output') ?? fileNameOf(run.name, format));
  const force = input.flag('force') ? '--force' : '';
  const args = ['--export', await folderOf(context, run.id), format, out, force, foldOf(input)];
  const answer = await askTrainer(context, args, 'Exporting', TrainerLine);
  if (answer.type !== 'exported') throw new CommandError(l10n.t('The trainer did not report what it exported.'));
  answer.files.forEach((file) => context.print(safeLine(path.relative(context.cwd, file) || file)));
  return 0;
}

export async function folderOf(context: Context, id: string): Promise<string> {
  return (await (await context.engine()).request('runs/get', { id })).folder;
}

type Write = (line: string) => Promise<unknown> | void;

async function allRuns(context: Context, query: ReturnType<typeof readQuery>): Promise<Run[]> {
  const engine = await context.engine();
  const runs: Run[] = [];
  for (;;) {
    const page = await engine.request('runs/list', { ...query, metrics: 'all', offset: runs.length, limit: 1000 });
    runs.push(...page.runs);
    if (page.runs.length === 0 || runs.length >= page.total) return runs;
  }
}

async function writeRuns(runs: Run[], format: string, write: Write): Promise<void> {
  const rows = runs.map(runJson);
  if (format === 'jsonl') {
    for (const row of rows) await write(JSON.stringify(row));
    return;
  }
  const params = [...new Set(rows.flatMap((row) => Object.keys(row.params)))].sort();
  const metrics = [...new Set(rows.flatMap((row) => Object.keys(row.metrics)))].sort();
  const facts = ['id', 'experiment', 'search', 'name', 'status', 'objective', 'createdAt', 'endedAt'] as const;
  await write(csv([...facts, ...params.map((name) => `param:${name}`), ...metrics.map((name) => `metric:${name}`)]));
  for (const row of rows) {
    await write(
      csv([
        ...facts.map((fact) => row[fact]),
        ...params.map((name) => entryOf(row.params, name)),
        ...metrics.map((name) => entryOf(row.metrics, name)),
      ]),
    );
  }
}

async function writePoints(context: Context, runs: Run[], format: string, write: Write): Promise<void> {
  const engine = await context.engine();
  if (format === 'csv') await write('run,metric,step,epoch,time,value');
  for (const run of runs) {
    for (const metric of Object.keys(run.metrics)) {
      for await (const page of readPoints(engine, run.id, metric)) {
        for (const { step, epoch, time, value } of page) {
          const row = { run: run.id, metric, step, epoch, time, value };
          await write(format === 'csv' ? csv(Object.values(row)) : JSON.stringify(row));
        }
      }
    }
  }
}

async function finish(sink: Writable): Promise<void> {
  sink.end();
  await once(sink, 'finish');
}
