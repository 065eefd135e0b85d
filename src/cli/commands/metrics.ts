import { JSON_OPTION, type Command } from '../command.js';
import { CommandError } from '../errors.js';
import type { MetricPoint } from '../../protocol/engine.js';
import { suggest } from '../../experiment/suggest.js';
import { readPoints } from '../points.js';
import { safeLine } from '../terminal.js';

/** Rows that are written at once. */
const ROWS = 5000;

const jsonRow = ({ step, time, value, lost }: MetricPoint): string =>
  JSON.stringify({ step, time, value, ...(lost && { lost }) }, null, 2).replace(/^/gm, '  ');

const tableRow = ({ step, time, value, lost }: MetricPoint, isMarked: boolean): string =>
  `${step}\t${new Date(time).toISOString()}\t${value}${isMarked ? `\t${lost ? 'lost' : ''}` : ''}`;

export const metrics: Command = {
  name: 'metrics',
  usage: 'RUN [METRIC]',
  summary: "Prints a metric's points, or the names of a run's metrics.",
  details:
    'RUN is an id, the beginning of one, a name, or `latest`. Without --points, all points are printed in the ' +
    'order they were logged. If a resumed run logged a step again, the later value counts.',
  options: {
    points: { type: 'string', value: 'N', help: 'Print about N points, always including the extrema.' },
    lost: {
      type: 'boolean',
      help: 'Include points that a later launch of the run replaced; prints all points in the order logged.',
    },
    json: JSON_OPTION,
  },
  examples: [
    ['tunesmith metrics latest', "names of the newest run's metrics"],
    ['tunesmith metrics latest val/accuracy --json', 'an array of {step, time, value}'],
  ],
  args: [1, 2],
  async run(context, input) {
    const run = await context.run(input.args[0]!);
    const metric = input.args[1];
    const names = Object.keys(run.metrics);
    if (metric === undefined) {
      if (input.flag('json')) context.json(names);
      else names.forEach((name) => context.print(safeLine(name)));
      return 0;
    }
    if (!names.includes(metric)) {
      const near = suggest(metric, names);
      const some = names.slice(0, 10).join(', ') + (names.length > 10 ? ` and ${names.length - 10} more` : '');
      const instead = near ? `; did you mean "${near}"?` : names.length ? `. It has: ${some}.` : ' or any other yet.';
      throw new CommandError(`Run ${run.id} has no metric "${metric}"${instead}`);
    }
    const points = input.whole('points');
    const lost = input.flag('lost');
    if (lost && points !== undefined) throw new CommandError('--lost shows all points: leave out --points.');
    const isJson = input.flag('json');
    const text = isJson ? jsonRow : (row: MetricPoint) => tableRow(row, lost);
    if (!isJson) context.print(`step\ttime\tvalue${lost ? '\tlost' : ''}`);
    // Page by page: a series may have more points than fit into one text.
    let before = isJson ? '[\n' : '';
    for await (const page of readPoints(await context.engine(), run.id, metric, points, lost)) {
      for (let at = 0; at < page.length; at += ROWS) {
        const rows = page.slice(at, at + ROWS).map(text);
        await context.write(before + rows.join(isJson ? ',\n' : '\n'));
        before = isJson ? ',\n' : '\n';
      }
    }
    if (isJson) context.print(before === '[\n' ? '[]' : '\n]');
    else if (before !== '') context.print();
    return 0;
  },
};
