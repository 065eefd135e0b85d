/** The panel in Chromium over a store with many runs, many points and many metrics. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { cpus, tmpdir } from 'node:os';
import * as path from 'node:path';
import { parseArgs } from 'node:util';
import { chromium, type Browser, type Page } from 'playwright-core';
import { Requests, type RequestName } from '../../src/protocol/engine/index.js';
import { PEER_RUNS, tensorboard } from './peer.js';
import { Store } from '../../src/store/store.js';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '10000' },
    points: { type: 'string', default: '200' },
    metrics: { type: 'string', default: '2000' },
    long: { type: 'string', default: '1000000' },
    python: { type: 'string' },
  },
});
const [RUNS, POINTS, METRICS, LONG] = [values.runs, values.points, values.metrics, values.long].map(Number) as [
  number,
  number,
  number,
  number,
];
/** Records of one journal piece. */
const PIECE = 5000;

function fill(store: Store): void {
  const add = (id: string, experiment: string, params: Record<string, number | string>, createdAt: number): void => {
    const spec = {
      ...{ version: 1, id, experiment, file: null, search: null, trial: null, params, argv: ['x'], cwd: '/', env: {} },
      ...{ objective: { metric: 'loss', goal: 'minimize' }, seed: 0, createdAt },
    };
    store.runs.insert({
      ...{ spec, name: id, status: 'completed', host: 'bench', git: null, folder: `/nowhere/${id}` },
    } as never);
  };
  const write = (id: string, count: number, record: (step: number) => object): void => {
    let offset = 0;
    for (let from = 0; from < count; from += PIECE) {
      const lines = Array.from({ length: Math.min(PIECE, count - from) }, (_, i) => JSON.stringify(record(from + i)));
      const bytes = Buffer.from(`${lines.join('\n')}\n`);
      store.ingest.frame(id, 'a.ndjson', offset, bytes);
      offset += bytes.length;
    }
  };
  const loss = (run: number, step: number): number =>
    (1 + (run % 97) / 97) / (1 + step / 20) + ((run * 7 + step * 13) % 11) / 500;
  for (let n = 0; n < RUNS; n++) {
    const id = `run${String(n).padStart(6, '0')}`;
    add(id, 'many', { lr: 10 ** -(n % 5), opt: n % 2 ? 'adam' : 'sgd', seed: n }, n);
    write(id, POINTS, (step) => ({ step, values: { loss: loss(n, step) } }));
  }
  add('wide', 'wide', { lr: 1 }, 1);
  write('wide', 20, (step) => ({
    step,
    values: Object.fromEntries(Array.from({ length: METRICS }, (_, i) => [`layer${i % 50}/m${i}`, loss(i, step)])),
  }));
  add('long', 'long', { lr: 1 }, 1);
  write('long', LONG, (step) => ({ step, values: { loss: loss(step % 13, step % 1000) } }));
}

/** Answers as the engine does, from its handlers' own store. */
function answer(store: Store, method: RequestName, raw: unknown): unknown {
  const params = Requests[method].params.parse(raw ?? {}) as never;
  switch (method) {
    case 'experiments/list':
      return { experiments: store.runs.experiments() };
    case 'runs/list':
      return store.runs.list(params);
    case 'runs/columns':
      return store.runs.columns(params);
    case 'runs/groups': {
      const { query, by, columns } = params as { query: never; by: string[]; columns: string[] };
      return store.runs.groups(query, by, columns);
    }
    case 'best/of':
      return { best: store.runs.best(params) };
    case 'series/read':
      return { series: (params as { queries: never[] }).queries.map((query) => store.series.read(query)) };
    case 'searches/list':
      return { searches: [] };
    case 'devices/list':
      return { devices: [] };
    case 'runs/drawings':
      return { names: [], shown: null };
    case 'runs/confusion':
      return { confusion: null };
    default:
      return {};
  }
}

const TYPES: Record<string, string> = { html: 'text/html', js: 'text/javascript', css: 'text/css', ttf: 'font/ttf' };
const PAGE =
  '<!doctype html><meta charset="utf-8"><link rel="stylesheet" href="codicon.css"><body><script src="page.js"></script><script src="panel.js"></script>';

function serve(store: Store): Promise<Server> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url!, 'http://bench');
    if (pathname === '/ask') {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        const { method, params } = JSON.parse(Buffer.concat(parts).toString()) as {
          method: RequestName;
          params: unknown;
        };
        try {
          response.end(JSON.stringify({ result: answer(store, method, params) }));
        } catch (error) {
          response.end(JSON.stringify({ error: { message: String(error) } }));
        }
      });
      return;
    }
    const name = pathname === '/' ? 'index.html' : pathname.slice(1);
    response.setHeader('content-type', TYPES[name.split('.').at(-1)!] ?? 'text/plain');
    try {
      response.end(name === 'index.html' ? PAGE : readFileSync(path.join(__dirname, path.basename(name))));
    } catch {
      response.statusCode = 404;
      response.end();
    }
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

/** Milliseconds from the panel's script until the condition is true on the page. */
async function since(page: Page, condition: string): Promise<number> {
  return page.evaluate(
    (text) =>
      new Promise<number>((resolve) => {
        const is = new Function(`return ${text}`) as () => boolean;
        const start = performance.getEntriesByName('script')[0]!.startTime;
        const look = (): void => {
          if (is()) resolve(performance.now() - start);
          else requestAnimationFrame(look);
        };
        look();
      }),
    condition,
  );
}

/** Frames a second while something happens for two seconds, and the longest one in milliseconds. */
async function frames(page: Page, act: () => Promise<void>): Promise<{ fps: number; longest: number }> {
  await page.evaluate(() => {
    const times: number[] = [];
    const tick = (now: number): void => {
      times.push(now);
      if (!(window as never as { done?: boolean }).done) requestAnimationFrame(tick);
    };
    Object.assign(window, { times, done: false });
    requestAnimationFrame(tick);
  });
  await act();
  return page.evaluate(() => {
    const { times } = window as never as { times: number[] };
    Object.assign(window, { done: true });
    const gaps = times.slice(1).map((time, i) => time - times[i]!);
    return { fps: (1000 * gaps.length) / (times.at(-1)! - times[0]!), longest: Math.max(...gaps) };
  });
}

async function heap(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = (await session.send('Runtime.getHeapUsage')) as { usedSize: number };
  return usedSize / 2 ** 20;
}

const DRAWN = (runs: number, points: number): string =>
  `[...document.querySelectorAll('ts-chart')].some((c) => Number(c.dataset.runs) >= ${runs} && Number(c.dataset.points) >= ${points})`;

async function measure(browser: Browser, base: string): Promise<void> {
  const open = async (query: Record<string, string>, view: object = {}): Promise<Page> => {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    await page.goto(`${base}/?${new URLSearchParams({ ...query, view: JSON.stringify(view) })}`);
    return page;
  };
  const say = (what: string, value: number, unit: string): void =>
    console.log(`${what.padEnd(58)} ${value.toFixed(value < 10 ? 1 : 0).padStart(8)} ${unit}`);
  for (const what of ['cold', 'warm']) {
    const page = await open({ experiment: 'many' });
    say(`first chart of ${RUNS} runs, ${what}`, await since(page, DRAWN(20, 20 * POINTS)), 'ms');
    if (what === 'warm') {
      const box = (await page.locator('ts-chart canvas.curves').first().boundingBox())!;
      const hover = await frames(page, async () => {
        for (let i = 0; i < 100; i++)
          await page.mouse.move(box.x + 50 + (i * (box.width - 60)) / 100, box.y + box.height / 2);
      });
      say('hover over a chart of 20 runs', hover.fps, `frames a second, longest ${hover.longest.toFixed(0)} ms`);
    }
    await page.close();
  }
  const all = await open({ experiment: 'many' }, { draw: { by: 'createdAt', descending: true, count: 10_000 } });
  say(`all ${RUNS} runs of one metric, from the script on`, await since(all, DRAWN(RUNS, RUNS * POINTS)), 'ms');
  say('heap with all of them drawn', await heap(all), 'MiB');
  await all.close();
  const grouped = await open(
    { experiment: 'many' },
    { groupBy: ['param:opt'], draw: { by: 'createdAt', descending: true, count: 1000 } },
  );
  say('1,000 runs in two groups with bands', await since(grouped, DRAWN(2, Math.min(RUNS, 1000) * POINTS)), 'ms');
  await grouped.close();
  const table = await open({ experiment: 'many', tab: 'table' });
  say(
    `table of ${RUNS} runs`,
    await since(table, "document.querySelectorAll('.run-row:not(.loading)').length > 20"),
    'ms',
  );
  const scroll = await frames(table, async () => {
    await table.mouse.move(600, 500);
    for (let i = 0; i < 60; i++) {
      await table.mouse.wheel(0, 400);
      await table.waitForTimeout(16);
    }
  });
  say('scrolling the table', scroll.fps, `frames a second, longest ${scroll.longest.toFixed(0)} ms`);
  say('heap of the table', await heap(table), 'MiB');
  await table.close();
  const wide = await open({ experiment: 'wide' });
  say(`first chart of ${METRICS} metrics`, await since(wide, DRAWN(1, 20)), 'ms');
  say('cards that exist', await wide.locator('ts-chart').count(), `of ${METRICS}`);
  const down = await frames(wide, async () => {
    await wide.mouse.move(800, 500);
    for (let i = 0; i < 60; i++) {
      await wide.mouse.wheel(0, 300);
      await wide.waitForTimeout(16);
    }
  });
  say('scrolling the charts', down.fps, `frames a second, longest ${down.longest.toFixed(0)} ms`);
  say('heap of the charts', await heap(wide), 'MiB');
  await wide.close();
  const long = await open({ experiment: 'long' });
  say(`a run of ${LONG} points`, await since(long, DRAWN(1, LONG)), 'ms');
  await long.close();
}

async function main(): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'tunesmith-panel-'));
  const store = Store.open(path.join(folder, 'store.db'));
  const start = performance.now();
  fill(store);
  console.log(
    `${RUNS} runs of ${POINTS} points, one of ${METRICS} metrics, one of ${LONG} points; ${cpus().length} cores; stored in ${((performance.now() - start) / 1000).toFixed(0)} s`,
  );
  const server = await serve(store);
  const browser = await chromium.launch({ ...(process.env.CHROME && { executablePath: process.env.CHROME }) });
  try {
    if (values.python !== undefined) {
      const [cold, warm] = await tensorboard(browser, values.python, POINTS);
      const line = (what: string, ms: number): void =>
        console.log(
          `${`TensorBoard, ${PEER_RUNS} runs: first chart, ${what}`.padEnd(58)} ${ms.toFixed(0).padStart(8)} ms`,
        );
      line('cold', cold);
      line('warm', warm);
    }
    await measure(browser, `http://127.0.0.1:${(server.address() as { port: number }).port}`);
  } finally {
    await browser.close();
    server.close();
    store.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
void main();
