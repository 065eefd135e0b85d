import { describe, expect, it } from 'vitest';
import type { Run } from '../../../src/protocol/engine/index.js';
import { buildCurve, pointsOf, chartNote } from '../../../src/drawing/curves.js';
import { defaultColumns, moveColumn } from '../../../src/drawing/runs/tableColumns.js';
import { drawnRuns, NEWEST } from '../../../webview/model/runs/drawn.js';
import { look } from '../../../src/drawing/palette.js';
import { logParams, scatters } from '../../../webview/model/search/scatter.js';
import { inOrder } from '../../../webview/model/search/trials.js';
import { formatCount } from '../../../src/format/numbers.js';
import { DEFAULT_VIEW, emptyState, groupMetrics, readView } from '../../../webview/model/view.js';

const run = (n: number, change: Partial<Run> = {}): Run =>
  ({
    id: `r${n}`,
    name: `run ${n}`,
    experiment: 'e',
    params: {},
    metrics: {},
    objective: null,
    createdAt: n,
    deletedAt: null,
    ...change,
  }) as Run;
const objective = (value: number | 'NaN', goal: 'minimize' | 'maximize' = 'maximize') => ({
  objective: { metric: 'acc', goal, value, step: 1 },
});

describe('drawnRuns', () => {
  it('draws the newest run of the experiment by default', () => {
    const runs = Array.from({ length: 30 }, (_, i) => run(i, i === 29 ? { experiment: 'other' } : {}));
    const drawn = drawnRuns(runs, { ...emptyState(), experiment: 'e' });
    expect(drawn).toHaveLength(NEWEST);
    expect(drawn.at(-1)?.id).toBe('r28');
  });
  it('keeps the pinned, first', () => {
    const state = { ...emptyState(), experiment: 'e', selected: ['r1', 'r2'], pinned: ['r9'] };
    const drawn = drawnRuns(
      [1, 2, 3, 9].map((n) => run(n)),
      state,
    );
    expect(drawn.map((one) => one.id)).toEqual(['r9', 'r1', 'r2']);
  });
});

describe('groupMetrics', () => {
  it('groups by prefix, the objective first and the system last', () => {
    const groups = groupMetrics(['system/gpu', 'lr', 'train/loss', 'val/loss', 'val/accuracy'], 'val/loss');
    expect(groups).toEqual([
      ['val', ['val/loss', 'val/accuracy']],
      ['', ['lr']],
      ['train', ['train/loss']],
      ['system', ['system/gpu']],
    ]);
  });
});

describe('readView', () => {
  it('keeps valid parts and uses the default for the rest', () => {
    const view = readView({
      x: 'nonsense',
      smoothing: 7,
      logY: true,
      zoom: { a: { x: [1, 2], y: [0, 1] }, b: { x: [2, 1] } },
    });
    expect(view.x).toBe('step');
    expect(view.smoothing).toBe(0);
    expect(view.logY).toBe(true);
    expect(Object.keys(view.zoom)).toEqual(['a']);
  });
  it('restores the saved view', () => {
    const view = {
      ...DEFAULT_VIEW,
      smoothing: 0.5,
      columns: ['param:lr'],
      draft: { file: 'f', params: { a: '1' }, spaces: {}, trials: '3' },
    };
    expect(readView(JSON.parse(JSON.stringify(view)))).toEqual(view);
  });
});

describe('buildCurve', () => {
  const settings = { smoothing: 0, smoothKind: 'exponential' as const, origin: 0, status: 'running' as const };
  const series = { x: [0, 1, 2, 3], y: [1, NaN, Infinity, -1], total: 4, inRange: 4, range: null, stale: false };

  it('breaks the line at NaN and marks it', () => {
    const curve = buildCurve('r', look(0), series, settings);
    expect(curve.odd.map((one) => one.x)).toEqual([1, 2]);
    expect(pointsOf(curve)[1]!.y).toBeNaN();
    expect(chartNote([curve], formatCount)).toBe('2 NaN or infinite (×)');
  });
  it('counts time from the start of the run', () => {
    const curve = buildCurve('r', look(0), { ...series, x: [1000, 1001, 1002, 1003] }, { ...settings, origin: 1000 });
    expect(curve.x).toEqual([0, 1, 2, 3]);
  });
  it('says how many points are behind the drawn ones', () => {
    const curve = buildCurve('r', look(0), { ...series, y: [1, 2, 3, 4], total: 12_000, inRange: 12_000 }, settings);
    expect(chartNote([curve], formatCount)).toContain('12,000 points drawn as 4');
  });
});

describe('columns', () => {
  it('shows params and metrics but for the objective', () => {
    expect(defaultColumns(['lr'], ['acc', 'loss', 'system/gpu'], 'acc')).toEqual(['param:lr', 'metric:loss']);
  });
  it('moves within the ends', () => {
    expect(moveColumn(['a', 'b', 'c'], 'c', -1)).toEqual(['a', 'c', 'b']);
    expect(moveColumn(['a', 'b', 'c'], 'a', -1)).toEqual(['a', 'b', 'c']);
  });
});

describe('scatters', () => {
  const runs = [1, 10, 100].map((n, i) =>
    run(i, { params: { lr: n / 1000, opt: i ? 'sgd' : 'adam', same: 1 }, ...objective(n) }),
  );
  it('plots each varied parameter, on a log axis if the space is logarithmic', () => {
    const plots = scatters(runs, ['lr', 'opt', 'same'], logParams({ lr: { log: [1, 2] } }), 'r2');
    expect(plots.map((plot) => [plot.param, plot.log])).toEqual([
      ['lr', true],
      ['opt', false],
    ]);
    expect(plots[0]!.dots[1]!.x).toBeCloseTo(0.5);
    expect(plots[0]!.dots[2]!.best).toBe(true);
    expect(plots[1]!.categories).toEqual(['adam', 'sgd']);
  });
  it('knows the words for a log space in foreign files', () => {
    expect([
      ...logParams({ a: { distribution: 'log_uniform_values', min: 1, max: 2 }, b: { uniform: [0, 1] } }),
    ]).toEqual(['a']);
  });
});

describe('inOrder', () => {
  const rows = [run(0, objective(0.5)), run(1), run(2, objective('NaN')), run(3, objective(0.9))];
  it('puts the best first and runs without a value last', () => {
    expect(inOrder(rows, 'best').map((one) => one.id)).toEqual(['r3', 'r0', 'r1', 'r2']);
    const loss = [run(0, objective(0.5, 'minimize')), run(1, objective(0.2, 'minimize'))];
    expect(inOrder(loss, 'best').map((one) => one.id)).toEqual(['r1', 'r0']);
    expect(inOrder(rows, 'newest')[0]?.id).toBe('r3');
  });
});
