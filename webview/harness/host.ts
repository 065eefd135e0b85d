/**
 * Stands in for the extension host: `?theme=vscode-dark&runs=12&tab=charts`; `&confusion=many&drawings&range&pruning&media` show results,
 * `&ranks` distributed jobs, `&fail=series/read` and `&slow=log/read:1` failures and slow answers, `&foreign` makes all runs those of another tool, `&language=zh-cn` shows the panel in Chinese, another language its numbers.
 */
import chinese from '../../l10n/bundle.l10n.zh-cn.json';
import type { FileForm, FromPanel, ToPanel } from '../../src/protocol/panel/index.js';
import type { Params } from '../../src/protocol/values/index.js';
import { insight } from './insight.js';
import { STAGES } from './pipeline.js';
import { confusion, drawings, pruningRuns, pruningSeries, rangeRun, rangeSeries } from './results.js';
import { applyTheme } from './themes.js';
import { mediaFile, mediaList } from './media.js';
import { pageAnswer } from './page.js';
import { FILE, World } from './world.js';

const options = new URLSearchParams(location.search);
const language = options.get('language') ?? 'en';
document.documentElement.lang = language;
if (language === 'zh-cn') document.body.dataset.translations = JSON.stringify(chinese);
applyTheme(options.get('theme') ?? 'vscode-dark');
const world = new World(Number(options.get('runs') ?? 12));
if (options.has('foreign'))
  for (const run of world.runs) run.foreign = { title: 'TensorBoard', path: '/home/ada/projects/digits/runs' };
const range = options.has('range') ? rangeRun(world) : null;
const pruned = options.has('pruning') ? pruningRuns(world) : null;
if (options.has('pipeline')) world.runs[0]!.stages = STAGES.map(({ name }) => name);
const requests: string[] = [];
/** Methods that fail, or are not answered until `harness.answer`; `log/read:1` is that of rank 1. */
const failing = new Set(options.get('fail')?.split(','));
const slow = new Map(
  options
    .get('slow')
    ?.split(',')
    .map((key) => [key, [] as (() => void)[]]),
);
const saved: Extract<FromPanel, { type: 'save' }>[] = [];
let watched: string[] = [];

const form: FileForm = {
  file: FILE,
  name: 'digits',
  fields: [
    { name: 'lr', kind: 'number', value: 0.002, min: 0, space: '{ log: [1e-4, 1e-1] }', description: 'learning rate' },
    { name: 'batch_size', kind: 'choice', value: 128, choices: [64, 128, 256], space: '{ choice: [64, 128, 256] }' },
    { name: 'filters', kind: 'integer', value: 16, min: 1, max: 512 },
    { name: 'dropout', kind: 'number', value: 0.25, min: 0, max: 0.99, space: '{ uniform: [0, 0.6] }' },
    { name: 'optimizer', kind: 'choice', value: 'adam', choices: ['adam', 'sgd'], space: '{ choice: [adam, sgd] }' },
    { name: 'augment', kind: 'switch', value: true, description: 'shift and rotate the training images' },
    { name: 'epochs', kind: 'integer', value: 3, min: 1 },
    { name: 'comment', kind: 'text', value: 'first try' },
  ],
  search: { trials: 8, sampler: 'random', pruner: 'median', parallel: 'auto' },
  objective: { metric: 'val/accuracy', goal: 'maximize' },
  problems: [],
};

const post = (message: ToPanel) => window.postMessage(message, '*');

function answer(method: string, params: Record<string, never>): unknown {
  const { ids, id, queries } = params as unknown as {
    ids: string[];
    id: string;
    queries: Parameters<World['series']>[0][];
  };
  const set = (status: 'stopping' | 'paused' | 'running') => {
    const runs = world.runs.filter((run) => ids.includes(run.id));
    for (const run of runs) run.status = status;
    changed();
    return { done: ids, skipped: [] };
  };
  switch (method) {
    case 'experiments/list':
      return world.runs.length
        ? { experiments: [{ name: 'digits', runs: world.runs.length, live: 3, searches: 1, lastActivity: Date.now() }] }
        : { experiments: [] };
    case 'runs/list':
      return world.list(params);
    case 'runs/columns':
      return {
        params: ['lr', 'batch_size', 'filters', 'dropout', 'optimizer', 'epochs'],
        metrics: Object.keys(world.runs[0]?.metrics ?? {}),
      };
    case 'best/of':
      return { best: world.best() };
    case 'runs/groups':
      return world.groups(params as never);
    case 'searches/list':
      return { searches: world.runs.length ? world.searches : [] };
    case 'searches/start':
    case 'searches/get':
      return { search: world.searches[0] };
    case 'searches/insight':
      return insight(params as never, world.runs);
    case 'series/read':
      return {
        series: queries.map((query) => {
          const at = pruned?.get(query.run);
          if (at !== undefined) return pruningSeries(query, at);
          return query.run === range?.id ? rangeSeries(query) : world.series(query);
        }),
      };
    case 'runs/drawings':
      return options.has('drawings') ? drawings(params as never) : { names: [], shown: null };
    case 'pipelines/get':
      return { stages: STAGES };
    case 'runs/media':
      return options.has('media') ? mediaList(options.get('media')) : { series: [], cut: false };
    case 'media/read':
      return { file: mediaFile(params as never) };
    case 'runs/confusion':
      return { confusion: options.has('confusion') ? confusion(id, options.get('confusion')) : null };
    case 'runs/start': {
      const params2 = (params as { params?: Params }).params ?? {};
      const base = Object.fromEntries(form.fields.map((field) => [field.name, field.value]));
      return { run: world.add({ ...base, ...params2 }, null, null, 0.01) };
    }
    case 'runs/rerun':
      return { run: world.add(world.runs.find((run) => run.id === id)!.params, null, null, 0.01) };
    case 'runs/stop':
      return set('stopping');
    case 'runs/pause':
      return set('paused');
    case 'runs/resume':
      return set('running');
    case 'runs/delete':
      for (const one of ids) world.deleted.add(one);
      return { done: ids, skipped: [] };
    case 'runs/restore':
      for (const one of ids) world.deleted.delete(one);
      return { done: ids, skipped: [] };
    case 'searches/pause':
    case 'searches/resume':
    case 'searches/stop':
      world.searches[0]!.status =
        method === 'searches/pause' ? 'paused' : method === 'searches/stop' ? 'stopped' : 'running';
      changed();
      return {};
    case 'devices/list':
      return {
        devices: [
          {
            id: 'gpu:0',
            kind: 'gpu',
            name: 'NVIDIA H200',
            memoryTotalMiB: 143_000,
            memoryUsedMiB: 9_800,
            utilization: 87,
            slots: 3,
            busy: 3,
          },
          {
            id: 'cpu',
            kind: 'cpu',
            name: '16 cores',
            memoryTotalMiB: null,
            memoryUsedMiB: null,
            utilization: null,
            slots: 2,
            busy: 0,
          },
        ],
      };
    case 'watch':
      watched = (params as unknown as { runs: string[] }).runs;
      return {};
    case 'runs/note':
      world.runs.find((run) => run.id === id)!.note = String(params.note);
      return {};
    default:
      return pageAnswer(world, method, params) ?? {};
  }
}

function changed(): void {
  post({
    type: 'changed',
    params: {
      runs: world.runs
        .filter((run) => run.endedAt === null || Date.now() - run.endedAt < 5000)
        .slice(-200)
        .map((run) => ({ ...run })),
      searches: world.runs.length ? [world.refreshSearch()] : [],
      removedRuns: [],
      removedSearches: [],
    },
  });
}

function receive(message: FromPanel): void {
  const reply = (result: unknown) =>
    setTimeout(() => post({ type: 'reply', id: (message as { id: number }).id, result }), 15);
  switch (message.type) {
    case 'ready': {
      const stored = sessionStorage.getItem('state');
      const state = stored
        ? JSON.parse(stored)
        : {
            version: 1,
            experiment: null,
            file: null,
            selected: null,
            pinned: [],
            hidden: [],
            tab: options.get('tab') ?? 'charts',
            page: JSON.parse(options.get('page') ?? 'null'),
            view: JSON.parse(options.get('view') ?? '{}'),
          };
      const files = options.get('files') === '0' ? [] : [{ file: FILE, name: 'digits' }];
      post({ type: 'init', state, files, trusted: options.get('trusted') !== '0', locale: language });
      break;
    }
    case 'request': {
      requests.push(message.method);
      const { rank = 0 } = message.params as { rank?: number };
      const keys = [message.method, `${message.method}:${rank}`];
      const waiting = slow.get(keys.find((key) => slow.has(key)) ?? '');
      if (waiting) waiting.push(() => reply(answer(message.method, message.params as Record<string, never>)));
      else if (keys.some((key) => failing.has(key))) {
        setTimeout(
          () =>
            post({
              type: 'reply',
              id: message.id,
              error: { message: 'The engine refused: no space left on device. Free some space, then try again.' },
            }),
          15,
        );
      } else reply(answer(message.method, message.params as Record<string, never>));
      break;
    }
    case 'openForm':
      reply(form);
      break;
    case 'checkForm':
      reply({
        params: message.params.epochs === 13 ? { epochs: 'The file says: at most 12.' } : {},
        space: message.space?.dropout?.includes('banana') ? { dropout: 'Unknown kind "banana".' } : {},
      });
      break;
    case 'readViews':
      reply(JSON.parse(sessionStorage.getItem('views') ?? '{"version":1,"views":[],"defaults":{}}'));
      break;
    case 'writeViews':
      sessionStorage.setItem('views', JSON.stringify(message.views));
      reply({});
      break;
    case 'save':
      saved.push(message);
      reply({ saved: true });
      break;
    case 'writeForm':
      for (const field of form.fields) {
        if (field.name in message.params) field.value = message.params[field.name]!;
        if (message.space && field.name in message.space) field.space = message.space[field.name] || undefined;
      }
      reply({});
      break;
    case 'state':
      sessionStorage.setItem('state', JSON.stringify(message.state));
      break;
    case 'command':
      requests.push(message.command);
      break;
  }
}

/** Answers what a slow method was asked; from then on it is a quick one. */
function answerHeld(key: string): void {
  const waiting = slow.get(key) ?? [];
  slow.delete(key);
  waiting.forEach((reply) => reply());
}

setInterval(() => {
  const moved = world.tick();
  if (moved.length === 0) return;
  changed();
  const live = moved.filter((run) => watched.includes(run.id));
  if (live.length > 0) post({ type: 'seriesChanged', params: { runs: world.totals(live) } });
}, 250);

Object.assign(window, {
  acquireVsCodeApi: () => ({ postMessage: receive, setState: () => {} }),
  harness: { world, requests, saved, applyTheme, post, failing, answer: answerHeld },
});
