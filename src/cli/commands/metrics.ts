import { JSON_OPTION, type Command } from '../command.js';
import type { Context } from '../context.js';
import { CommandError } from '../errors.js';
import type { MetricPoint, RankPoint } from '../../protocol/engine/index.js';
import { suggest } from '../../experiment/suggest.js';
import { ofFirstRank, ranksWith } from '../../protocol/engine/ranks.js';
import { readPoints, readRanks } from '../text/points.js';
import { safeLine } from '../text/terminal.js';
import { l10n } from '../../format/l10n.js';

/** Rows that are written at once. */
const ROWS = 5000;

const compact = (row: object): string => JSON.stringify(row, null, 2).replace(/^/gm, '  ');

const jsonRow = ({ step, time, value, lost }: MetricPoint): string =>
  compact({ step, time, value, ...(lost && { lost }) });

const rankRow = ({ step, min, mean, max, ranks }: RankPoint): string => [step, min, mean, max, ranks].join('\t');

const tableRow = ({ step, time, value, lost }: MetricPoint, isMarked: boolean): string =>
  `${step}\t${new Date(time).toISOString()}\t${value}${isMarked ? `\t${lost ? 'lost' : ''}` : ''}`;

export const metrics: Command = {
  name: 'metrics',
  usage: 'RUN [METRIC]',
  summary: l10n.t("Prints a metric's points, or the names of a run's metrics."),
  details: l10n.t(
    'RUN is an id, the beginning of one, a name, or `latest`. Without --points, all points are printed in the order they were logged. If a resumed run logged a step again, the later value counts. For a distributed job, the names and points are those of rank 0; `rank1/loss` is the `loss` of rank 1.',
  ),
  options: {
    points: { type: 'string', value: 'N', help: l10n.t('Print about N points, always including the extrema.') },
    lost: {
      type: 'boolean',
      help: l10n.t('Include points that a later launch of the run replaced; prints all points in the order logged.'),
    },
    ranks: {
      type: 'boolean',
      help: l10n.t(
        'Print minimum, mean and maximum over the ranks of a distributed job; without METRIC, the names of all ranks.',
      ),
    },
    json: JSON_OPTION,
  },
  examples: [
    ['tunesmith metrics latest', l10n.t("names of the newest run's metrics")],
    ['tunesmith metrics latest val/accuracy --json', l10n.t('an array of {step, time, value}')],
    ['tunesmith metrics latest loss --ranks', l10n.t('minimum, mean and maximum over all ranks')],
  ],
  args: [1, 2],
  async run(context, input) {
    const run = await context.run(input.args[0]!);
    const metric = input.args[1];
    const all = Object.keys(run.metrics);
    const isRanks = input.flag('ranks');
    const names = isRanks ? all : ofFirstRank(all);
    if (metric === undefined) {
      if (input.flag('json')) context.json(names);
      else names.forEach((name) => context.print(safeLine(name)));
      return 0;
    }
    if (!all.includes(metric) && !(isRanks && ranksWith(all, metric).length > 0)) {
      const near = suggest(metric, names);
      const some =
        names.slice(0, 10).join(', ') + (names.length > 10 ? ` ${l10n.t('and {0} more', names.length - 10)}` : '');
      const instead = near
        ? l10n.t('; did you mean "{0}"?', near)
        : names.length
          ? l10n.t('. It has: {0}.', some)
          : ` ${l10n.t('or any other yet.')}`;
      throw new CommandError(l10n.t('Run {0} has no metric "{1}"{2}', run.id, metric, instead));
    }
    const points = input.whole('points');
    const lost = input.flag('lost');
    if (lost && points !== undefined) throw new CommandError(l10n.t('--lost shows all points: leave out --points.'));
    if (isRanks && (lost || points !== undefined))
      throw new CommandError(l10n.t('--ranks shows every step: leave out --points and --lost.'));
    const isJson = input.flag('json');
    if (isRanks) {
      if (!isJson) context.print('step\tmin\tmean\tmax\tranks');
      await printPages(context, readRanks(await context.engine(), run.id, metric), isJson, isJson ? compact : rankRow);
      return 0;
    }
    const text = isJson ? jsonRow : (row: MetricPoint) => tableRow(row, lost);
    if (!isJson) context.print(`step\ttime\tvalue${lost ? '\tlost' : ''}`);
    await printPages(context, readPoints(await context.engine(), run.id, metric, points, lost), isJson, text);
    return 0;
  },
};

/** Prints rows page by page: a series may have more points than fit into one text. */
async function printPages<T>(
  context: Context,
  pages: AsyncIterable<T[]>,
  isJson: boolean,
  text: (row: T) => string,
): Promise<void> {
  let before = isJson ? '[\n' : '';
  for await (const page of pages) {
    for (let at = 0; at < page.length; at += ROWS) {
      const rows = page.slice(at, at + ROWS).map(text);
      await context.write(before + rows.join(isJson ? ',\n' : '\n'));
      before = isJson ? ',\n' : '\n';
    }
  }
  if (isJson) context.print(before === '[\n' ? '[]' : '\n]');
  else if (before !== '') context.print();
}
