/** The engine’s answers to the panel’s requests, by its own store and readers. */
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import * as path from 'node:path';
import { Requests, type RequestName } from '../../src/protocol/engine/index.js';
import { listWithCurves } from '../../src/store/series/firstCurves.js';
import { readLog } from '../../src/engine/disk/logText.js';
import type { Store } from '../../src/store/store.js';

async function answer(store: Store, folder: string, method: RequestName, raw: unknown): Promise<unknown> {
  const params = Requests[method].params.parse(raw ?? {}) as never;
  switch (method) {
    case 'experiments/list':
      return { experiments: store.runs.experiments() };
    case 'runs/list':
      return listWithCurves(store, params);
    case 'runs/get':
      return store.runs.detail((params as { id: string }).id);
    case 'runs/columns':
      return store.runs.columns(params);
    case 'runs/groups': {
      const { query, by, columns } = params as { query: never; by: string[]; columns: string[] };
      return store.runs.groups(query, by, columns);
    }
    case 'best/of':
      return { best: store.runs.best(params) };
    case 'series/read':
      return { series: store.series.readSome((params as { queries: never[] }).queries) };
    case 'log/read': {
      const { offset, limit } = params as { offset: number; limit: number };
      return { ...(await readLog(folder, { offset, limit, ended: true })), ended: true };
    }
    case 'searches/list':
      return { searches: [] };
    case 'devices/list':
      return { devices: [] };
    case 'runs/drawings':
      return { names: [], shown: null };
    case 'runs/confusion':
      return { confusion: null };
    case 'runs/media':
      return { series: [], cut: false };
    default:
      return {};
  }
}

const TYPES: Record<string, string> = { html: 'text/html', js: 'text/javascript', css: 'text/css', ttf: 'font/ttf' };
const PAGE =
  '<!doctype html><meta charset="utf-8"><link rel="stylesheet" href="codicon.css"><body><script src="page.js"></script><script src="panel.js"></script><script>performance.mark("ran")</script>';

/** Serves the panel and answers its requests. `said` gets the milliseconds that each answer took. */
export function serve(store: Store, folder: string, said: (method: string, ms: number) => void): Promise<Server> {
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
        const start = performance.now();
        answer(store, folder, method, params).then(
          (result) => {
            const text = JSON.stringify({ result });
            said(method, performance.now() - start);
            response.end(text);
          },
          (error: unknown) => response.end(JSON.stringify({ error: { message: String(error) } })),
        );
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
