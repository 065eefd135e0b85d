import { changeText } from '../../drawing/runCurves.js';
import { errorText } from '../../format/said.js';
import type { Branch } from '../../protocol/engine/branch.js';
import type { AgentAct } from '../../protocol/engine/agents.js';
import type { SearchDetail } from '../../protocol/engine/index.js';
import { JSON_OPTION, type Command, type Input } from '../command.js';
import type { Context } from '../context.js';
import { CommandError, UsageError } from '../errors.js';
import { searchNamed } from './control.js';
import { markAt } from '../../protocol/values/floats.js';
import { formatNumber, formatParam } from '../../format/numbers.js';
import { formatRunTime, formatTime } from '../../format/times.js';
import { detailJson, namesReadFromOutput, searchJson } from '../text/shapes.js';
import { messageLines } from '../text/messages.js';
import { goalText, statusText } from '../../format/statuses.js';
import { furtherOutput, indented, safeLine, table, width } from '../text/terminal.js';
import type { Recorded } from '../../protocol/engine/recorded.js';
import { ofFirstRank } from '../../protocol/engine/ranks.js';
import { ownFirst } from '../../protocol/run/systemMetrics.js';
import { l10n } from '../../format/l10n.js';

/** Opens the run's page in the editors that have this folder open. */
async function openPage(context: Context, run: { id: string; name: string }): Promise<number> {
  const { editors } = await (await context.engine()).request('runs/show', { id: run.id });
  if (editors === 0)
    throw new CommandError(
      l10n.t('No editor has this folder open. Open it in the editor, then run the command again.'),
    );
  context.print(l10n.t('The page of {0} is open in the editor.', safeLine(run.name)));
  return 0;
}

export const show: Command = {
  name: 'show',
  usage: 'RUN|SEARCH',
  summary: l10n.t('Shows one run or search: parameters, metrics, where and how it ran, how it ended, what agents did.'),
  details: l10n.t('RUN is an id, the beginning of one, a name, or `latest`. SEARCH is an id or the beginning of one.'),
  options: {
    json: JSON_OPTION,
    open: { type: 'boolean', help: l10n.t('Open the page of the run in the editor that has this folder open.') },
  },
  examples: [
    ['tunesmith show latest', l10n.t('the newest run')],
    ['tunesmith show latest --open', l10n.t('its page, in the editor')],
  ],
  args: [1, 1],
  async run(context, input) {
    const [word] = input.args;
    const engine = await context.engine();
    const search = searchNamed((await engine.request('searches/list', {})).searches, word!);
    if (search && input.flag('open')) throw new UsageError(l10n.t('--open needs a run; {0} is a search', search.id));
    if (search) return showSearch(context, input, await engine.request('searches/get', { id: search.id }));
    const found = await context.run(word!);
    if (input.flag('open')) return openPage(context, found);
    const run = await engine.request('runs/get', { id: found.id });
    const recorded = await engine.request('runs/recorded', { id: found.id });
    if (input.flag('json')) {
      context.json({ ...detailJson(run), ...recorded });
      return 0;
    }
    const { paint } = context;
    const facts: [string, string][] = [
      [l10n.t('experiment'), run.experiment],
      [l10n.t('status'), statusText(run.status)],
      ...(run.branch ? [[l10n.t('branch of'), branchText(run.branch)] as [string, string]] : []),
      ...(run.by === undefined ? [] : [[l10n.t('started by'), l10n.t('agent {0}', run.by)] as [string, string]]),
      ...(run.search
        ? ([[l10n.t('search'), l10n.t('{0}, trial {1}', run.search, run.trial)]] as [string, string][])
        : []),
      ...(run.objective
        ? ([
            [
              l10n.t('objective'),
              `${run.objective.metric} ${formatNumber(run.objective.value)} (${goalText(run.objective.goal)})`,
            ],
          ] as [string, string][])
        : []),
      [
        l10n.t('started'),
        run.startedAt === null
          ? '–'
          : l10n.t('{0}, took {1}', formatTime(run.startedAt), formatRunTime(run, Date.now())),
      ],
      [l10n.t('device'), run.device ?? '–'],
      [l10n.t('host'), run.host],
      [
        l10n.t('git'),
        run.git
          ? `${run.git.commit.slice(0, 10)} ${run.git.branch ?? ''}${run.git.dirty ? ` ${l10n.t('(with uncommitted changes)')}` : ''}`
          : '–',
      ],
      ...recordedFacts(recorded),
      [l10n.t('command'), run.command.join(' ')],
      [l10n.t('seed'), String(run.seed)],
      [l10n.t('exit code'), run.exitCode === null ? (run.signal ?? '–') : String(run.exitCode)],
      [l10n.t('folder'), run.folder],
      ...(run.changes ?? []).map((change): [string, string] => [
        l10n.t('changed'),
        l10n.t('{0} after step {1}', changeText(change), formatNumber(change.step)),
      ]),
      ...(run.tags.length ? ([[l10n.t('tags'), run.tags.join(', ')]] as [string, string][]) : []),
      ...(run.note ? ([[l10n.t('note'), run.note]] as [string, string][]) : []),
      ...Object.entries(run.info).map(([name, value]): [string, string] => [name, formatParam(value)]),
    ];
    context.print(`${paint('bold', safeLine(run.name))} ${paint('dim', run.id)}`);
    for (const [name, value] of facts) context.print(`  ${paint('dim', padded(name))} ${safeLine(value)}`);
    const params = Object.entries(run.params);
    if (params.length > 0) {
      context.print();
      table(
        [{ title: l10n.t('parameter') }, { title: l10n.t('value'), align: 'right' }],
        params.map(([name, value]) => [name, formatParam(value, markAt(run.floats, name))]),
        paint,
        context.columns,
      ).forEach((line) => context.print(`  ${line}`));
    }
    const first = new Set(ofFirstRank(Object.keys(run.metrics)));
    const shown = ownFirst(run.metrics).filter(([name]) => first.has(name));
    if (shown.length > 0) {
      context.print();
      table(
        [
          { title: l10n.t('metric') },
          ...[l10n.t('last'), l10n.t('step'), l10n.t('min'), l10n.t('max'), l10n.t('points')].map((title) => ({
            title,
            align: 'right' as const,
          })),
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
    if (more > 0) context.print(`  ${l10n.t('… and {0} more: tunesmith metrics {1}', more, run.id)}`);
    if (first.size < Object.keys(run.metrics).length)
      context.print(
        `  ${l10n.t('{0} tunesmith metrics {1} METRIC --ranks', paint('dim', l10n.t('of rank 0; over all ranks:')), run.id)}`,
      );
    const printed = namesReadFromOutput(run);
    if (printed.length > 0)
      context.print(`  ${paint('dim', l10n.t('read from the output:'))} ${safeLine(printed.join(', '))}`);
    printActs(context, run.acts);
    if (run.messages.length > 0) {
      context.print();
      for (const line of messageLines(run.messages, paint)) context.print(line);
    }
    if (run.error) {
      const text = errorText(run.error);
      context.print(`\n${paint('red', indented(text))}\n${paint('dim', furtherOutput(run.error.logTail, text))}`);
    }
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
    [l10n.t('experiment'), search.experiment],
    [l10n.t('status'), statusText(search.status)],
    ...(search.by === undefined ? [] : [[l10n.t('started by'), l10n.t('agent {0}', search.by)] as [string, string]]),
    [l10n.t('sampler'), search.reason === null ? search.sampler : `${search.sampler} (${l10n.retold(search.reason)})`],
    ...(search.pruner === null ? [] : [[l10n.t('pruner'), search.pruner] as [string, string]]),
    [
      l10n.t('trials'),
      l10n.t(
        '{0} of {1}: {2} completed, {3} pruned, {4} failed, {5} stopped',
        counts.total,
        search.trials ?? l10n.t('as many as the sampler needs'),
        counts.completed,
        counts.pruned,
        counts.failed,
        counts.stopped,
      ),
    ],
    ...(objective && best
      ? [
          [
            l10n.t('best'),
            l10n.t(
              '{0} {1} (trial {2}, run {3})',
              objective.metric,
              formatNumber(best.objective),
              best.trial,
              best.run,
            ),
          ] as [string, string],
        ]
      : []),
    ...Object.entries(best?.params ?? {}).map(([name, value]): [string, string] => [
      `  ${name}`,
      formatParam(value, markAt(best?.floats, name)),
    ]),
    ...(search.error === null ? [] : [[l10n.t('error'), l10n.retold(search.error)] as [string, string]]),
  ];
  context.print(`${paint('bold', safeLine(search.name))} ${paint('dim', search.id)}`);
  for (const [name, value] of facts) context.print(`  ${paint('dim', padded(name))} ${safeLine(value)}`);
  printActs(context, search.acts);
  return 0;
}

function printActs(context: Context, acts: readonly AgentAct[] | undefined): void {
  if (!acts) return;
  context.print();
  for (const { time, agent, what, consent } of acts)
    context.print(
      `  ${l10n.t('{0} agent {1} {2} ({3})', context.paint('dim', formatTime(time)), safeLine(agent), safeLine(what), consent === 'asked' ? l10n.t('you agreed') : l10n.t('within its budget'))}`,
    );
}

const branchText = ({ run, step }: Branch): string =>
  step === null ? run : l10n.t('{0}, from step {1} on', run, step);

function recordedFacts({ code, environment, data }: Recorded): [string, string][] {
  const changed = code ? code.changed.length + code.untracked.length : 0;
  const interpreter = environment?.interpreter;
  const packages = Object.keys(environment?.packages ?? {}).length;
  return [
    ...(changed > 0
      ? ([[l10n.t('code'), l10n.t('{0} files differ from the commit: tunesmith code', changed)]] as [string, string][])
      : []),
    ...(interpreter
      ? ([
          [
            l10n.t('interpreter'),
            l10n.t(
              '{0} {1} ({2}), {3} packages',
              interpreter.language,
              interpreter.version,
              interpreter.path,
              packages,
            ),
          ],
        ] as [string, string][])
      : []),
    ...(environment ? ([[l10n.t('system'), `${environment.system}, ${environment.cpu}`]] as [string, string][]) : []),
    ...(data ?? []).slice(0, 10).map(({ path, size }): [string, string] => [l10n.t('data'), `${path} (${size} bytes)`]),
  ];
}

/** The name of a fact, as wide as its column. */
const padded = (name: string): string => safeLine(name) + ' '.repeat(Math.max(0, 14 - width(safeLine(name))));
