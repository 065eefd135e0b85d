import { describe, expect, it } from 'vitest';
import {
  experimentRow,
  isResumable,
  logRow,
  logsRow,
  runRow,
  searchRow,
  type Row,
} from '../../../src/editor/explorer/items.js';
import { runTooltip, searchTooltip } from '../../../src/editor/explorer/tooltip.js';
import type { FoundLog } from '../../../src/protocol/engine/foreign.js';
import { RunStatus, SearchStatus } from '../../../src/protocol/engine/index.js';
import { experiment, run, search } from './samples.js';

const found = (over: Partial<FoundLog>): FoundLog => ({
  ...{
    id: 'x',
    format: 'mlflow',
    title: 'MLflow',
    path: '/w/mlruns/1/2',
    name: 'first',
    experiment: 'digits',
    state: 'new',
  },
  ...over,
});
const text = (row: Row) =>
  `${row.icon.id}${row.icon.color ? ` (${row.icon.color})` : ''} | ${row.label} | ${row.description}\n    ${row.context}\n    "${row.accessible}"`;

describe('rows of the explorer', () => {
  it('look like this', async () => {
    const rows = [
      experimentRow(experiment(), 0, 7_500_000),
      experimentRow(experiment({ runs: 1 }), 1, 0),
      ...RunStatus.options.map((status) => runRow(run({ status }), null)),
      runRow(run({ status: 'running', progress: { fraction: 0.4, text: 'epoch 2/3 · batch 140/600' } }), null),
      runRow(run({ status: 'queued', objective: { metric: 'loss', goal: 'minimize', value: null, step: null } }), null),
      runRow(run({ search: 's1', trial: 7, tags: ['good', 'näher'], note: 'the one\nto keep' }), 'search'),
      runRow(run({ search: 's1', trial: 8, status: 'running' }), 'search'),
      runRow(
        run({
          status: 'failed',
          objective: null,
          error: { kind: 'out-of-memory', message: 'out of memory on gpu:0', logTail: '' },
        }),
        null,
      ),
      runRow(run({ objective: { metric: 'loss', goal: 'minimize', value: 'NaN', step: 1 } }), null),
      ...SearchStatus.options.map((status) => searchRow(search({ status }))),
      searchRow(search({ trials: null, best: null, status: 'running' })),
      logsRow(12),
      logRow(found({})),
      logRow(found({ state: 'grown' })),
    ];
    await expect(`${rows.map(text).join('\n')}\n`).toMatchFileSnapshot('golden/rows.txt');
  });

  it('offer to resume only searches with remaining trials', () => {
    expect(isResumable(search({ status: 'paused' }))).toBe(true);
    expect(isResumable(search({ status: 'stopped' }))).toBe(true);
    expect(isResumable(search({ status: 'stopped', trials: 12 }))).toBe(false);
    expect(isResumable(search({ status: 'running' }))).toBe(false);
    expect(isResumable(search({ status: 'completed' }))).toBe(false);
  });
});

describe('tooltips', () => {
  it('tell params and metrics', async () => {
    const texts = [
      runTooltip(run({ tags: ['a'], note: 'see *this*' }), 70_000),
      runTooltip(
        run({
          status: 'failed',
          error: { kind: 'exit', message: 'exit code 3', logTail: 'a\n\u001b[31mred\u001b[0m' },
        }),
        0,
      ),
      searchTooltip(search({ reason: 'few trials, so random' })),
    ];
    await expect(`${texts.join('\n=====\n')}\n`).toMatchFileSnapshot('golden/tooltips.txt');
  });

  it('take nothing of the run as markup', () => {
    const hostile = '[x](command:workbench.action.quit) <img src=x onerror=1> `code` **bold** | cell';
    const shown = runTooltip(run({ name: hostile, note: hostile, params: { [hostile]: hostile }, tags: [hostile] }), 0);
    expect(shown).not.toMatch(/(?<!\\)\[x/);
    expect(shown).not.toContain('<img');
    expect(shown).not.toMatch(/(?<!\\)`/);
    expect(shown).not.toMatch(/[^\\]\| cell/);
  });

  it('stay short however many parameters there are', () => {
    const params = Object.fromEntries(Array.from({ length: 5000 }, (_, at) => [`p${at}`, at]));
    expect(runTooltip(run({ params }), 0).split('\n').length).toBeLessThan(60);
  });
});
