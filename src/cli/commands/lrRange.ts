import { LIVE_STATUSES, type Run } from '../../protocol/engine/index.js';
import { fromWire } from '../../protocol/values/index.js';
import { RANGE, RangeTest } from '../../protocol/trainer/rangeTest.js';
import { SET_OPTION, JSON_OPTION, type Command, type Input } from '../command.js';
import type { Context } from '../context.js';
import { UsageError } from '../errors.js';
import { followRun } from '../follow/run.js';
import { readPoints } from '../text/points.js';
import { rangePlot, type RangePoint } from '../text/rangePlot.js';
import { PLACE_OPTION, readPlaceOption } from '../place.js';
import { withSendConsent, YES_OPTION } from '../sendConsent.js';
import { readSettings } from '../settings.js';
import { printEnd } from './run.js';
import { entryOf } from '../../protocol/values/records.js';
import { l10n } from '../../format/l10n.js';

export const lrRange: Command = {
  name: 'lr-range',
  usage: 'FILE [--set NAME=VALUE …]',
  summary: l10n.t('Tries learning rates in a few training steps, plots the loss by learning rate, and suggests one.'),
  details: l10n.t(
    'A learning-rate range test (Smith, WACV 2017): the rate grows with each step until the loss diverges. The suggestion is the smaller of two rates: the one at which the loss falls steepest, and a tenth of the one with the lowest loss. For files with a "network:".',
  ),
  options: {
    set: SET_OPTION,
    on: PLACE_OPTION,
    yes: YES_OPTION,
    from: { type: 'string', value: 'RATE', help: l10n.t('The first rate. Default: 1e-7.') },
    to: { type: 'string', value: 'RATE', help: l10n.t('The last rate. Default: 10.') },
    steps: { type: 'string', value: 'N', help: l10n.t('Number of steps. Default: 200.') },
    seed: { type: 'string', value: 'N', help: l10n.t('Seed of the test.') },
    json: JSON_OPTION,
  },
  examples: [
    ['tunesmith lr-range digits.tune.yaml', l10n.t('plot and suggest')],
    [
      'tunesmith lr-range digits.tune.yaml --set optimizer=adam --to 1',
      l10n.t('test another optimizer, up to a rate of 1'),
    ],
  ],
  args: [1, 1],
  async run(context, input) {
    const file = context.file(input.args[0]!);
    const rangeTest = readRange(input);
    const seed = input.whole('seed', 0);
    const engine = await context.engine();
    const { run } = await withSendConsent(context, input.flag('yes'), (consent) =>
      engine.request('runs/start', {
        file,
        rangeTest,
        ...readSettings(input.texts('set')),
        ...(seed === undefined ? {} : { seed }),
        ...readPlaceOption(input),
        ...consent,
      }),
    );
    const json = input.flag('json');
    const ended = await followRun(context, run, { log: false, quiet: json });
    if (ended.status !== 'completed') {
      if (!json) printEnd(context, ended);
      return LIVE_STATUSES.includes(ended.status) ? 130 : 1;
    }
    const points = await readRangePoints(context, ended.id);
    const number = (name: string): number | null => numberOf(ended, name);
    const suggestion = number(RANGE.suggestion);
    const found = { suggestion, steepest: number(RANGE.steepest), minimum: number(RANGE.minimum) };
    if (json) {
      context.json({ run: ended.id, ...found, points });
      return suggestion === null ? 1 : 0;
    }
    rangePlot(points, suggestion, context.paint, context.columns).forEach((line) => context.print(line));
    context.print();
    context.print(sentence(found));
    return suggestion === null ? 1 : 0;
  },
};

export function sentence({
  suggestion,
  steepest,
  minimum,
}: Record<'suggestion' | 'steepest' | 'minimum', number | null>): string {
  if (suggestion === null)
    return l10n.t('The loss did not fall at any rate: look at the data and the network, or use more --steps.');
  const text = (rate: number | null): string => String(Number(rate!.toPrecision(2)));
  return l10n.t(
    'Suggested learning rate: {0} (the loss falls steepest at {1}, and is lowest at {2})',
    suggestion,
    text(steepest),
    text(minimum),
  );
}

function readRange(input: Input): RangeTest {
  const given = ['from', 'to', 'steps'].flatMap((name) => {
    const text = input.text(name);
    return text === undefined ? [] : [[name, Number(text)] as const];
  });
  const parsed = RangeTest.safeParse(Object.fromEntries(given));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const name = issue?.path[0];
  throw new UsageError(
    name === undefined ? l10n.t('--from and --to: {0}.', issue?.message) : `--${String(name)}: ${issue?.message}.`,
  );
}

const numberOf = ({ info }: Run, name: string): number | null => {
  const value = entryOf(info, name);
  return typeof value === 'number' ? value : null;
};

async function readRangePoints(context: Context, run: string): Promise<RangePoint[]> {
  const engine = await context.engine();
  const read = async (metric: string): Promise<Map<number, number>> => {
    const values = new Map<number, number>();
    for await (const page of readPoints(engine, run, metric)) {
      for (const { step, value } of page) values.set(step, fromWire(value));
    }
    return values;
  };
  const [rates, losses, smoothed] = [await read(RANGE.rate), await read(RANGE.loss), await read(RANGE.smoothed)];
  return [...rates]
    .sort(([a], [b]) => a - b)
    .map(([step, rate]) => ({ rate, loss: losses.get(step) ?? NaN, smoothed: smoothed.get(step) ?? null }));
}
