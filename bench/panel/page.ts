/** Stands in for the editor: what the panel asks goes to the server that has the store. */
import { applyTheme } from '../../webview/harness/themes.js';
import type { FromPanel } from '../../src/protocol/panel/index.js';

const options = new URLSearchParams(location.search);
applyTheme('vscode-dark');
const post = (message: unknown): void => window.postMessage(message, '*');

async function answer(id: number, method: string, params: unknown): Promise<void> {
  const start = performance.now();
  const response = await fetch('/ask', { method: 'POST', body: JSON.stringify({ method, params }) });
  const { result, error } = (await response.json()) as { result?: unknown; error?: { message: string } };
  performance.measure(`ask ${method}`, { start });
  post({ type: 'reply', id, ...(error ? { error } : { result }) });
}

function receive(message: FromPanel): void {
  if (message.type === 'request') void answer(message.id, message.method, message.params);
  if (message.type !== 'ready') return;
  const view: unknown = JSON.parse(options.get('view') ?? '{}');
  const experiment = options.get('experiment');
  const page: unknown = JSON.parse(options.get('page') ?? 'null');
  const tab = options.get('tab') ?? 'charts';
  const state = { version: 1, experiment, file: null, selected: null, pinned: [], hidden: [], tab, page, view };
  post({ type: 'init', state, files: [], trusted: true, locale: 'en' });
}

Object.assign(window, { acquireVsCodeApi: () => ({ postMessage: receive, setState: () => undefined }) });
performance.mark('script');
