/** The preview of a report: shows what the host draws, says what is on the screen, and reads values under the pointer. */
import '../translations.js';
import type { FromReport, ReportHover, ToReport } from '../../src/protocol/report.js';
import { l10n } from '../../src/format/l10n.js';
import { ReportOrder } from './order.js';
import { ReportPointer } from './pointer.js';

declare function acquireVsCodeApi(): { postMessage(message: FromReport): void };
const api = acquireVsCodeApi();
const main = document.querySelector('main')!;
const state = document.querySelector<HTMLElement>('.r-state')!;
const moves = document.querySelector<HTMLElement>('.r-moves')!;
const pointer = new ReportPointer();
const seen = new Set<number>();

/** Tells which blocks are on the screen, a moment after the last change. */
let telling: ReturnType<typeof setTimeout> | undefined;
const observer = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) {
      const index = Number((target as HTMLElement).dataset.block);
      if (isIntersecting) seen.add(index);
      else seen.delete(index);
    }
    clearTimeout(telling);
    telling = setTimeout(() => api.postMessage({ type: 'seen', blocks: [...seen] }), 60);
  },
  { rootMargin: '300px' },
);

const order = new ReportOrder(
  main,
  (message) => api.postMessage(message),
  // A region of its own: the state of runs comes right after it. A text that is said again is said again.
  (text) => moves.replaceChildren(text),
);
const blocks = (): HTMLElement[] => [...main.querySelectorAll<HTMLElement>('.r-block[data-block]')];

function showPage(html: string, hovers: readonly (ReportHover | null)[], version: number): void {
  const { scrollY } = window;
  observer.disconnect();
  seen.clear();
  pointer.clear();
  // The host has escaped everything that comes from files and programs, and the page's policy runs no other script.
  main.innerHTML = html;
  for (const block of blocks()) {
    observer.observe(block);
    pointer.set(block, hovers[Number(block.dataset.block)] ?? null);
  }
  window.scrollTo(0, scrollY);
  order.shown(version);
}

function showBlock(index: number, html: string, hover: ReportHover | null): void {
  const block = main.querySelector<HTMLElement>(`.r-block[data-block="${index}"] > .r-inner`);
  if (!block) return;
  const open = block.querySelector('details')?.open ?? false;
  const focused = block.contains(document.activeElement);
  block.innerHTML = html;
  const details = block.querySelector('details');
  if (details) details.open = open;
  if (focused) block.querySelector<HTMLElement>('button, summary, [tabindex]')?.focus();
  pointer.set(block.parentElement!, hover);
}

window.addEventListener('message', ({ data }: MessageEvent<ToReport | undefined>) => {
  switch (data?.type) {
    case 'page':
      return showPage(data.html, data.hovers, data.version);
    case 'block':
      return showBlock(data.index, data.html, data.hover);
    case 'changed':
      return order.changed(data.isDone, data.message);
    case 'state': {
      const live = data.live > 0 ? l10n.t('{0} runs in progress', data.live) : '';
      const text = data.message || live;
      // Read out only when it changes.
      if (state.textContent !== text) state.textContent = text;
    }
  }
});

document.addEventListener('click', (event) => {
  const target = (event.target as Element).closest<HTMLElement>('[data-do], [data-line], [data-run], a[href]');
  if (!target) return;
  const { line, column, run } = target.dataset;
  if (target.dataset.do) api.postMessage({ type: 'do', what: target.dataset.do as 'insert' });
  else if (line !== undefined) api.postMessage({ type: 'go', line: Number(line), column: Number(column) });
  else if (run !== undefined) api.postMessage({ type: 'run', run });
  else {
    const to = target.getAttribute('href') ?? '';
    if (to.startsWith('#')) document.getElementById(decodeURIComponent(to.slice(1)))?.scrollIntoView();
    // The editor opens addresses itself, and asks first.
    if (/^[a-z][a-z0-9+.-]*:/i.test(to)) return;
    event.preventDefault();
    if (!to.startsWith('#')) api.postMessage({ type: 'link', to });
  }
});

const width = (): number => Math.round(main.getBoundingClientRect().width);
let resizing: ReturnType<typeof setTimeout> | undefined;
new ResizeObserver(() => {
  clearTimeout(resizing);
  resizing = setTimeout(() => api.postMessage({ type: 'width', width: width() }), 200);
}).observe(main);
api.postMessage({ type: 'ready', width: width() });
