import { changeText } from '../../drawing/runCurves.js';
import type { Branch } from '../../protocol/branch.js';
import type { AgentAct } from '../../protocol/agents.js';
import type { SearchDetail } from '../../protocol/engine.js';
import { JSON_OPTION, type Command, type Input } from '../command.js';
import type { Context } from '../context.js';
import { searchNamed } from './control.js';
import { markAt } from '../../protocol/floats.js';
import { formatNumber, formatParam } from '../../format/numbers.js';
import { formatRunTime } from '../../format/times.js';
import { detailJson, namesReadFromOutput, searchJson } from '../shapes.js';
import { messageLines } from '../messages.js';
import { indented, quoted, safeLine, table } from '../terminal.js';
import type { Recorded } from '../../protocol/recorded.js';
import { ofFirstRank } from '../../protocol/ranks.js';
import { ownFirst } from '../../protocol/systemMetrics.js';

export const show: Command = {
  name: 'show',
  usage: 'RUN|SEARCH',
  summary: 'Shows one run or search: parameters, metrics, where and how it ran, how it ended, what agents did.',
  details: 'RUN is an id, the beginning of one, a name, or `latest`. SEARCH is an id or the beginning of one.',
  options: { json: JSON_OPTION },
  examples: [['tunesmith show latest', 'the newest run']],
  args: [1, 1],
  async run(context, input) {
    const [word] = input.args;
    const engine = await context.engine();
    const search = searchNamed((await engine.request('searches/list', {})).searches, word!);
    if (search) return showSearch(context, input, await engine.request('searches/get', { id: search.id }));
    const found = await context.run(word!);
    const run = await engine.request('runs/get', { id: found.id });
    const recorded = await engine.request('runs/recorded', { id: found.id });
    if (input.flag('json')) {
      context.json({ ...detailJson(run), ...recorded });
      return 0;
    }
    const { paint } = context;
    const facts: [string, string][] = [
      ['experiment', run.experiment],
      ['status', run.status],
      ...(run.branch ? [['branch of', branchText(run.branch)] as [string, string]] : []),
      ...(run.by === undefined ? [] : [['started by', `agent ${run.by}`] as [string, string]]),
      ...(run.search ? ([['search', `${run.search}, trial ${run.trial}`]] as [string, string][]) : []),
      ...(run.objective
        ? ([['objective', `${run.objective.metric} ${formatNumber(run.objective.value)} (${run.objective.goal})`]] as [
            string,
            string,
          ][])
        : []),
      [
        'started',
        run.startedAt === null
          ? '–'
          : `${new Date(run.startedAt).toLocaleString()}, took ${formatRunTime(run, Date.now())}`,
      ],
      ['device', run.device ?? '–'],
      ['host', run.host],
      [
        'git',
        run.git
          ? `${run.git.commit.slice(0, 10)} ${run.git.branch ?? ''}${run.git.dirty ? ' (with uncommitted changes)' : ''}`
          : '–',
      ],
      ...recordedFacts(recorded),
      ['command', run.command.join(' ')],
      ['seed', String(run.seed)],
      ['exit code', run.exitCode === null ? (run.signal ?? '–') : String(run.exitCode)],
      ['folder', run.folder],
      ...(run.changes ?? []).map((change): [string, string] => [
        'changed',
        `${changeText(change)} after step ${formatNumber(change.step)}`,
      ]),
      ...(run.tags.length ? ([['tags', run.tags.join(', ')]] as [string, string][]) : []),
      ...(run.note ? ([['note', run.note]] as [string, string][]) : []),
      ...Object.entries(run.info).map(([name, value]): [string, string] => [name, formatParam(value)]),
    ];
    context.print(`${paint('bold', safeLine(run.name))} ${paint('dim', run.id)}`);
    for (const [name, value] of facts) context.print(`  ${paint('dim', safeLine(name).padEnd(14))} ${safeLine(value)}`);
    context.print();
    table(
      [{ title: 'parameter' }, { title: 'value', align: 'right' }],
      Object.entries(run.params).map(([name, value]) => [name, formatParam(value, markAt(run.floats, name))]),
      paint,
      context.columns,
    ).forEach((line) => context.print(`  ${line}`));
    const first = new Set(ofFirstRank(Object.keys(run.metrics)));
    const shown = ownFirst(run.metrics).filter(([name]) => first.has(name));
    if (shown.length > 0) {
      context.print();
      table(
        [
          { title: 'metric' },
          ...['last', 'step', 'min', 'max', 'points'].map((title) => ({ title, align: 'right' as const })),
        ],
        shown
          .slice(0, 100)
          .map(([name, m]) => [
            name,
            formatNumber(m.last),
            formatNumber(m.lastStep),
            formatNumber(m.min),
            formatNumber(m.max),
            String(m.count),
          ]),
        paint,
        context.columns,
      ).forEach((line) => context.print(`  ${line}`));
    }
    const more = shown.length - 100;
    if (more > 0) context.print(`  … and ${more} more: tunesmith metrics ${run.id}`);
    if (first.size < Object.keys(run.metrics).length)
      context.print(`  ${paint('dim', 'of rank 0; over all ranks:')} tunesmith metrics ${run.id} METRIC --ranks`);
    const printed = namesReadFromOutput(run);
    if (printed.length > 0) context.print(`  ${paint('dim', 'read from the output:')} ${safeLine(printed.join(', '))}`);
    printActs(context, run.acts);
    if (run.messages.length > 0) {
      context.print();
      for (const line of messageLines(run.messages, paint)) context.print(line);
    }
    if (run.error)
      context.print(`\n${paint('red', indented(run.error.message))}\n${paint('dim', quoted(run.error.logTail))}`);
    return 0;
  },
};

function showSearch(context: Context, input: Input, search: SearchDetail): number {
  if (input.flag('json')) {
    context.json({ ...searchJson(search), ...(search.acts && { acts: search.acts }) });
    return 0;
  }
  const { paint } = context;
  const { best, counts, objective } = search;
  const facts: [string, string][] = [
    ['experiment', search.experiment],
    ['status', search.status],
    ...(search.by === undefined ? [] : [['started by', `agent ${search.by}`] as [string, string]]),
    ['sampler', search.reason === null ? search.sampler : `${search.sampler} (${search.reason})`],
    ...(search.pruner === null ? [] : [['pruner', search.pruner] as [string, string]]),
    [
      'trials',
      `${counts.total} of ${search.trials ?? 'as many as the sampler needs'}: ${counts.completed} completed, ${counts.pruned} pruned, ${counts.failed} failed, ${counts.stopped} stopped`,
    ],
    ...(objective && best
      ? [
          ['best', `${objective.metric} ${formatNumber(best.objective)} (trial ${best.trial}, run ${best.run})`] as [
            string,
            string,
          ],
        ]
      : []),
    ...Object.entries(best?.params ?? {}).map(([name, value]): [string, string] => [
      `  ${name}`,
      formatParam(value, markAt(best?.floats, name)),
    ]),
    ...(search.error === null ? [] : [['error', search.error] as [string, string]]),
  ];
  context.print(`${paint('bold', safeLine(search.name))} ${paint('dim', search.id)}`);
  for (const [name, value] of facts) context.print(`  ${paint('dim', safeLine(name).padEnd(14))} ${safeLine(value)}`);
  printActs(context, search.acts);
  return 0;
}

function printActs(context: Context, acts: readonly AgentAct[] | undefined): void {
  if (!acts) return;
  context.print();
  for (const { time, agent, what, consent } of acts)
    context.print(
      `  ${context.paint('dim', new Date(time).toLocaleString())} agent ${safeLine(agent)} ${safeLine(what)} (${consent === 'asked' ? 'you agreed' : 'within its budget'})`,
    );
}

const branchText = ({ run, step }: Branch): string => (step === null ? run : `${run}, from step ${step} on`);

function recordedFacts({ code, environment, data }: Recorded): [string, string][] {
  const changed = code ? code.changed.length + code.untracked.length : 0;
  const interpreter = environment?.interpreter;
  const packages = Object.keys(environment?.packages ?? {}).length;
  return [
    ...(changed > 0
      ? ([['code', `${changed} files differ from the commit: tunesmith code`]] as [string, string][])
      : []),
    ...(interpreter
      ? ([
          ['interpreter', `${interpreter.language} ${interpreter.version} (${interpreter.path}), ${packages} packages`],
        ] as [string, string][])
      : []),
    ...(environment ? ([['system', `${environment.system}, ${environment.cpu}`]] as [string, string][]) : []),
    ...(data ?? []).slice(0, 10).map(({ path, size }): [string, string] => ['data', `${path} (${size} bytes)`]),
  ];
}
