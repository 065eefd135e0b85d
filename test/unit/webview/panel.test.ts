import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Experiment, RequestParams, Run, Search, SeriesData } from '../../../src/protocol/engine/index.js';
import type { FromPanel, PanelState, ToPanel } from '../../../src/protocol/panel/index.js';

type SeriesQuery = RequestParams<'series/read'>['queries'][number];

/** The answer to a query if no points have come since. */
const unchanged = ({ run, metric, after = 0 }: SeriesQuery): SeriesData => ({
  ...{ run, metric, mode: 'append', total: after, inRange: 0, x: [], y: [] },
});

/** The browser and the host as far as the model meets them; the engine's answers come from `rows`. */
class Surroundings {
  readonly saved: PanelState[] = [];
  readonly asked: { method: string; params: unknown }[] = [];
  experiments: Experiment[] = [];
  rows: Run[] = [];
  searches: Search[] = [];
  series: SeriesData[] = [];
  /** Rows that come with the curves; null: as all others. */
  rowsOfCurves: Run[] | null = null;
  readonly refusals: Record<string, { message: string; declined?: boolean }> = {};
  private listener: (event: { data: ToPanel }) => void = () => {};
  visibility: 'visible' | 'hidden' = 'visible';

  install(): void {
    vi.stubGlobal('requestAnimationFrame', (tell: () => void) => setTimeout(tell, 16));
    vi.stubGlobal('document', { visibilityState: this.visibility, addEventListener: () => {} });
    vi.stubGlobal('window', {
      addEventListener: (_: string, listener: (event: { data: ToPanel }) => void) => (this.listener = listener),
    });
    vi.stubGlobal('acquireVsCodeApi', () => ({
      setState: () => {},
      postMessage: (message: FromPanel) => this.answer(message),
    }));
  }

  send(message: ToPanel): void {
    this.listener({ data: message });
  }

  private answer(message: FromPanel): void {
    if (message.type === 'state') this.saved.push(message.state);
    if (message.type === 'openForm') {
      const name = message.file.includes('other') ? 'other' : 'digits';
      const form = { file: message.file, name, fields: [], search: null, objective: null, problems: [] };
      setTimeout(() => this.send({ type: 'reply', id: message.id, result: form } as ToPanel), 1);
    }
    if (message.type !== 'request') return;
    this.asked.push({ method: message.method, params: message.params });
    const { ids, queries = [] } = message.params as { ids?: string[]; queries?: SeriesQuery[] };
    const answers: Record<string, unknown> = {
      'experiments/list': { experiments: this.experiments },
      'runs/list': {
        runs: this.rows.filter(({ id }) => !ids || ids.includes(id)),
        total: this.rows.length,
        ...((message.params as { curves?: unknown }).curves !== undefined && {
          ...(this.rowsOfCurves && { runs: this.rowsOfCurves }),
          series: this.series,
        }),
      },
      'series/read': { series: queries.map(unchanged) },
      'searches/list': { searches: this.searches },
      'devices/list': { devices: [] },
      'best/of': { best: null },
      watch: {},
    };
    const error = this.refusals[message.method];
    const reply = error ? { error } : { result: answers[message.method] };
    setTimeout(() => this.send({ type: 'reply', id: message.id, ...reply } as ToPanel), 1);
  }

  watches(): string[][] {
    return this.asked
      .filter(({ method }) => method === 'watch')
      .map(({ params }) => (params as { runs: string[] }).runs);
  }
}

const run = (id: string, change: Partial<Run> = {}): Run =>
  ({
    id,
    name: id,
    experiment: 'digits',
    status: 'completed',
    params: {},
    metrics: {},
    objective: null,
    createdAt: Number(id.slice(1)),
    deletedAt: null,
    ...change,
  }) as Run;

describe('PanelModel', () => {
  let here: Surroundings;
  beforeEach(() => {
    vi.useFakeTimers();
    here = new Surroundings();
    here.experiments = [{ name: 'digits', lastActivity: 1, runs: 2 } as Experiment];
    here.rows = [run('r1'), run('r2', { status: 'running' })];
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  const open = async (state: Partial<PanelState> = {}, files: { file: string; name: string }[] = []) => {
    here.install();
    const { PanelModel } = await import('../../../webview/model/panel.js');
    const model = new PanelModel();
    here.send({ type: 'init', state: state as PanelState, files, trusted: true } as unknown as ToPanel);
    await vi.advanceTimersByTimeAsync(100);
    return model;
  };

  it('reads the newest experiment and follows the points of its live runs', async () => {
    const model = await open();
    expect(model.state.experiment).toBe('digits');
    expect(model.loaded).toBe(true);
    expect(model.drawn.map(({ id }) => id)).toEqual(['r1', 'r2']);
    expect(here.watches().at(-1)).toEqual(['r2']);
  });

  it('has the curves of the first chart together with its runs, and reads on only those of live ones', async () => {
    const objective = { metric: 'loss', goal: 'minimize', value: 1, step: 1 } as Run['objective'];
    const metrics = { loss: { last: 1, lastStep: 1, min: 1, max: 1, count: 2 } };
    here.rows = [run('r1', { objective, metrics }), run('r2', { status: 'running', objective, metrics })];
    here.series = ['r1', 'r2'].map((id) => ({
      ...{ run: id, metric: 'loss', mode: 'replace', total: 2, inRange: 2, x: [0, 1], y: [2, 1] },
    }));
    const model = await open({ experiment: 'digits', tab: 'charts', page: null, view: {} });
    const want = { metric: 'loss', runs: ['r1', 'r2'], x: 'step', range: null, points: 960 } as const;
    expect(['r1', 'r2'].map((id) => model.feed.get(want, id)?.y)).toEqual([
      [2, 1],
      [2, 1],
    ]);
    const asked = here.asked.filter(({ method }) => method === 'runs/list').map(({ params }) => params);
    expect(asked).toContainEqual({ experiment: 'digits', limit: 20, curves: { runs: 20, x: 'step', points: 960 } });
    // A chart that shows them asks for none that is here.
    model.feed.want(model, want);
    await vi.advanceTimersByTimeAsync(500);
    const read = here.asked.filter(({ method }) => method === 'series/read');
    expect(
      read.flatMap(({ params }) => (params as { queries: { run: string }[] }).queries.map((one) => one.run)),
    ).toEqual(['r2']);
    // A wide chart keeps its finer curves when the rows are read again.
    model.feed.want(model, { ...want, points: 3000 });
    await vi.advanceTimersByTimeAsync(1000);
    here.series[0]!.y = [9, 9];
    await Promise.all([model.refresh(), vi.advanceTimersByTimeAsync(10)]);
    expect(model.feed.get(want, 'r1')?.y).toEqual([2, 1]);
  });

  it('reads on the first curves of a run that ended after they were read', async () => {
    const objective = { metric: 'loss', goal: 'minimize', value: 1, step: 1 } as Run['objective'];
    const metrics = { loss: { last: 1, lastStep: 1, min: 1, max: 1, count: 2 } };
    here.rows = ['r1', 'r2'].map((id) => run(id, { objective, metrics }));
    here.rowsOfCurves = [here.rows[0]!, run('r2', { status: 'running', objective, metrics })];
    here.series = ['r1', 'r2'].map((id) => ({
      ...{ run: id, metric: 'loss', mode: 'replace', total: 2, inRange: 2, x: [0, 1], y: [2, 1] },
    }));
    const model = await open({ experiment: 'digits', tab: 'charts', page: null, view: {} });
    model.feed.want(model, { metric: 'loss', runs: ['r1', 'r2'], x: 'step', range: null, points: 960 });
    await vi.advanceTimersByTimeAsync(500);
    const read = here.asked.filter(({ method }) => method === 'series/read');
    expect(
      read.flatMap(({ params }) => (params as { queries: { run: string }[] }).queries.map((one) => one.run)),
    ).toEqual(['r2']);
  });

  it('keeps the page that it opened with, whichever answer names the first experiment', async () => {
    here.install();
    const { PanelModel } = await import('../../../webview/model/panel.js');
    const model = new PanelModel();
    const page = { kind: 'run', run: 'r1', section: 'log' } as const;
    here.send({ type: 'init', state: { experiment: null, page }, files: [], trusted: true } as unknown as ToPanel);
    // A run logs before the first answer, and everything is read again.
    const params = { runs: [run('r2', { status: 'running' })], removedRuns: [], searches: [], removedSearches: [] };
    here.send({ type: 'changed', params } as never);
    await Promise.all([model.refresh(), vi.advanceTimersByTimeAsync(100)]);
    expect(model.state).toMatchObject({ experiment: 'digits', page });
  });

  it('knows why nothing could be read, until it can', async () => {
    here.refusals['experiments/list'] = { message: 'The disk is full.' };
    const model = await open();
    expect([model.loaded, model.problem, model.drawn]).toEqual([true, 'The disk is full.', []]);
    delete here.refusals['experiments/list'];
    await Promise.all([model.refresh(), vi.advanceTimersByTimeAsync(100)]);
    expect([model.problem, model.drawn.length]).toEqual([null, 2]);
  });

  it('has one selected experiment: its file, form and runs are the same one everywhere', async () => {
    const files = ['digits', 'other'].map((name) => ({ file: `/w/${name}.tune.yaml`, name: `${name}.tune.yaml` }));
    const model = await open({ file: files[1]!.file, experiment: 'digits' }, files);
    expect(model.state).toMatchObject({ experiment: 'digits', file: '/w/digits.tune.yaml' });
    expect(model.form?.name).toBe('digits');
    await Promise.all([model.openFile('/w/other.tune.yaml'), vi.advanceTimersByTimeAsync(100)]);
    expect(model.state).toMatchObject({ experiment: 'other', file: '/w/other.tune.yaml', selected: null });
    expect([model.form?.name, model.drawn]).toEqual(['other', []]);
    await Promise.all([model.openExperiment('digits'), vi.advanceTimersByTimeAsync(100)]);
    expect([model.state.file, model.form?.name, model.drawn.length]).toEqual(['/w/digits.tune.yaml', 'digits', 2]);
    here.send({ type: 'show', experiment: 'unknown', tab: 'form' });
    await vi.advanceTimersByTimeAsync(100);
    expect(model.form?.name === model.state.experiment || model.form === null).toBe(true);
  });

  it('drops deleted runs from a restored selection, tells its views and persists that', async () => {
    const model = await open({ experiment: 'digits', selected: ['r1', 'r9'], pinned: ['r8'] });
    expect(model.state).toMatchObject({ selected: ['r1'], pinned: [] });
    await vi.advanceTimersByTimeAsync(1000);
    expect(here.saved.at(-1)).toMatchObject({ selected: ['r1'], pinned: [] });
  });

  it('shows a search that has just begun, and still after a reload', async () => {
    const model = await open();
    const heard = vi.fn();
    model.signal.on(['view'], heard);
    const search = { id: 's1', experiment: 'digits', status: 'running' } as Search;
    here.send({
      type: 'changed',
      params: { runs: [], removedRuns: [], searches: [search], removedSearches: [] },
    } as never);
    await vi.advanceTimersByTimeAsync(1000);
    expect(model.view.search).toBe('s1');
    expect(heard).toHaveBeenCalled();
    expect(here.saved.at(-1)!.view).toMatchObject({ search: 's1' });
  });

  it('shows a refusal, and nothing when the person was asked and said no', async () => {
    const model = await open();
    const { rerun } = await import('../../../webview/model/runs/actions.js');
    for (const [error, shown] of [
      [{ message: 'Nothing was run.', declined: true }, 0],
      [{ message: 'The disk is full.' }, 1],
    ] as const) {
      here.refusals['runs/rerun'] = error;
      const done = rerun(model, run('r1'));
      await vi.advanceTimersByTimeAsync(10);
      await done;
      expect(model.toasts.items).toHaveLength(shown);
    }
  });

  it('keeps the looks of drawn runs over a reload', async () => {
    const model = await open({ view: { looks: { r1: 4 } } } as never);
    expect(model.drawn).toHaveLength(2);
    expect(model.palette.of('r1').color).toBe(4);
    await vi.advanceTimersByTimeAsync(1000);
    expect(here.saved.at(-1)!.view).toMatchObject({ looks: { r1: 4, r2: 0 } });
  });

  it('reads and follows nothing while hidden, and everything once it is shown', async () => {
    const model = await open();
    here.send({ type: 'visibility', visible: false } as ToPanel);
    await vi.advanceTimersByTimeAsync(10);
    expect(here.watches().at(-1)).toEqual([]);
    const asked = here.asked.length;
    here.send({
      type: 'changed',
      params: { runs: [run('r3')], removedRuns: [], searches: [], removedSearches: [] },
    } as never);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(here.asked.length).toBe(asked);
    here.rows.push(run('r3'));
    here.send({ type: 'visibility', visible: true } as ToPanel);
    await vi.advanceTimersByTimeAsync(100);
    expect(model.drawn.map(({ id }) => id)).toEqual(['r1', 'r2', 'r3']);
    expect(here.watches().at(-1)).toEqual(['r2']);
  });

  it('reads everything again when a lost connection is back', async () => {
    const model = await open();
    const { snapshot } = model;
    here.send({ type: 'connection', connected: false, message: 'The engine left.' } as ToPanel);
    expect(model.connected).toBe(false);
    expect(model.connectionMessage).toBe('The engine left.');
    here.send({ type: 'connection', connected: true } as ToPanel);
    await vi.advanceTimersByTimeAsync(100);
    expect(model.snapshot).toBe(snapshot + 1);
    expect(model.connectionMessage).toBe('');
  });
});
