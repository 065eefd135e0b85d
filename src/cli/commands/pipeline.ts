/** `tunesmith pipeline`: how far the stages of a pipeline are, and which of them would be done again. */
import type { Run } from '../../protocol/engine/index.js';
import type { StageView } from '../../protocol/run/pipeline.js';
import { formatBytes, formatNumber } from '../../format/numbers.js';
import { isExperimentFile } from '../../experiment/index.js';
import { JSON_OPTION, SET_OPTION, type Command } from '../command.js';
import type { Context } from '../context.js';
import { CommandError } from '../errors.js';
import { exitCodeOf, followRun } from '../follow/run.js';
import { PLACE_OPTION, readPlaceOption } from '../place.js';
import { readSettings } from '../settings.js';
import { safe, safeLine, table } from '../text/terminal.js';
import { l10n } from '../../format/l10n.js';

export const pipeline: Command = {
  name: 'pipeline',
  usage: 'FILE|RUN [--from STAGE] [--json]',
  summary: l10n.t('Shows the stages of a pipeline: status, results, and sizes of the networks.'),
  details: l10n.t(
    'FILE is an experiment file with "pipeline:", whose newest run is shown; RUN is the run of a pipeline. With --from, a new run repeats that stage and those that depend on it, and reuses the others. To run a pipeline, use: tunesmith run FILE.',
  ),
  options: {
    from: { type: 'string', value: 'STAGE', help: l10n.t('Run the pipeline again from this stage on.') },
    set: SET_OPTION,
    on: PLACE_OPTION,
    json: JSON_OPTION,
  },
  examples: [
    ['tunesmith pipeline digits.tune.yaml', l10n.t('the stages of the newest run of the file')],
    ['tunesmith pipeline digits.tune.yaml --from prune', l10n.t('prune again, and everything after it')],
  ],
  args: [1, 1],
  async run(context, input) {
    const from = input.text('from');
    const word = input.args[0]!;
    const engine = await context.engine();
    let run: Run;
    let code = 0;
    if (from !== undefined) {
      if (!isExperimentFile(word)) throw new CommandError(l10n.t('--from needs an experiment file.'));
      const file = context.file(word);
      const started = await engine.request('runs/start', {
        file,
        ...readSettings(input.texts('set')),
        afresh: from,
        ...readPlaceOption(input),
      });
      run = await followRun(context, started.run, { log: false, quiet: input.flag('json') });
      code = exitCodeOf(run);
    } else run = isExperimentFile(word) ? await newestOf(context, context.file(word)) : await context.run(word);
    if (!run.stages) throw new CommandError(l10n.t('Run {0} is not a pipeline.', run.id));
    const { stages } = await engine.request('pipelines/get', { id: run.id });
    if (input.flag('json')) context.json({ run: run.id, status: run.status, stages });
    else printStages(context, run, stages);
    return code;
  },
};

async function newestOf(context: Context, file: string): Promise<Run> {
  const engine = await context.engine();
  const { runs } = await engine.request('runs/list', { file, pipeline: null, limit: 1 });
  if (runs[0]) return runs[0];
  throw new CommandError(l10n.t('There is no run of {0} yet. Start one: tunesmith run {1}', file, file));
}

/** Prints a line for each stage. */
export function printStages(
  context: Pick<Context, 'print' | 'say' | 'paint' | 'columns'>,
  run: Pick<Run, 'id' | 'name' | 'status'>,
  stages: readonly StageView[],
): void {
  const { paint } = context;
  context.print(`${paint('bold', safeLine(run.name))} ${paint('dim', `${run.id} · ${run.status}`)}`);
  const rows = stages.map((stage) => [
    stage.name,
    stage.kind,
    stage.after.join(', '),
    stage.status + (stage.reused ? ` ${l10n.t('(unchanged)')}` : ''),
    stage.objective ? `${stage.objective.metric} ${formatNumber(stage.objective.value)}` : '–',
    stage.weights === null ? '–' : formatNumber(stage.weights),
    stage.bytes === null ? '–' : formatBytes(stage.bytes),
    stage.run ?? '–',
  ]);
  const columns = [
    { title: l10n.t('stage') },
    { title: l10n.t('does') },
    { title: l10n.t('after') },
    { title: l10n.t('status') },
    { title: l10n.t('objective') },
    { title: l10n.t('weights'), align: 'right' as const },
    { title: l10n.t('size'), align: 'right' as const },
    { title: l10n.t('run') },
  ];
  for (const line of table(columns, rows, paint, context.columns)) context.print(`  ${line}`);
  for (const { name, error } of stages) {
    if (error) context.say(paint('red', safe(`${name}: ${error.message}`)));
  }
}
