import type { Branch } from '../../protocol/branch.js';
import { JSON_OPTION, type Command } from '../command.js';
import { markAt } from '../../protocol/floats.js';
import { formatNumber, formatParam } from '../../format/numbers.js';
import { formatRunTime } from '../../format/times.js';
import { detailJson, namesReadFromOutput } from '../shapes.js';
import { messageLines } from '../messages.js';
import { safe, safeLine, table } from '../terminal.js';
import type { Recorded } from '../../protocol/recorded.js';
import { ownFirst } from '../../protocol/systemMetrics.js';

export const show: Command = {
  name: 'show',
  usage: 'RUN',
  summary: 'Shows one run: parameters, metrics, where and how it ran, and how it ended.',
  details: 'RUN is an id, the beginning of one, a name, or `latest`.',
  options: { json: JSON_OPTION },
  examples: [['tunesmith show latest', 'the newest run']],
  args: [1, 1],
  async run(context, input) {
    const found = await context.run(input.args[0]!);
    const engine = await context.engine();
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
    if (Object.keys(run.metrics).length) {
      context.print();
      table(
        [
          { title: 'metric' },
          ...['last', 'step', 'min', 'max', 'points'].map((title) => ({ title, align: 'right' as const })),
        ],
        ownFirst(run.metrics)
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
    const more = Object.keys(run.metrics).length - 100;
    if (more > 0) context.print(`  … and ${more} more: tunesmith metrics ${run.id}`);
    const printed = namesReadFromOutput(run);
    if (printed.length > 0) context.print(`  ${paint('dim', 'read from the output:')} ${safeLine(printed.join(', '))}`);
    if (run.acts) {
      context.print();
      for (const { time, agent, what, consent } of run.acts)
        context.print(
          `  ${paint('dim', new Date(time).toLocaleString())} agent ${safeLine(agent)} ${safeLine(what)} (${consent === 'asked' ? 'you agreed' : 'within its budget'})`,
        );
    }
    if (run.messages.length > 0) {
      context.print();
      for (const line of messageLines(run.messages, paint)) context.print(line);
    }
    if (run.error)
      context.print(`\n${paint('red', safe(run.error.message))}\n${paint('dim', safe(run.error.logTail))}`);
    return 0;
  },
};

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
