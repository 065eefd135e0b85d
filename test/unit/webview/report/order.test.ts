/** Moves of blocks in the preview: the page asks, the host answers, and the page says what happened. */
import { beforeEach, expect, it, vi } from 'vitest';
import type { FromReport } from '../../../../src/protocol/report.js';
import { ReportOrder } from '../../../../webview/report/order.js';

let [posted, said]: [FromReport[], string[]] = [[], []];
let order: ReportOrder;
let press: (block: number, by: string) => void;

beforeEach(() => {
  [posted, said] = [[], []];
  const element = { className: '', remove: () => {} };
  vi.stubGlobal('document', { createElement: () => element, addEventListener: () => {} });
  const listeners = new Map<string, (event: object) => void>();
  const pieces = [0, 1, 2].map((i) => ({
    dataset: { block: String(i), at: String(10 * i + 1) },
    ...{ scrollIntoView: () => {}, querySelectorAll: () => [] },
  }));
  const main = {
    addEventListener: (type: string, listener: (event: object) => void) => listeners.set(type, listener),
    querySelectorAll: () => pieces,
    querySelector: (selector: string) => pieces[Number(/data-block="(\d+)"/.exec(selector)![1])],
  };
  order = new ReportOrder(
    main as unknown as HTMLElement,
    (message) => posted.push(message),
    (text) => said.push(text),
  );
  press = (block, by) => {
    const button = { dataset: { move: by }, closest: () => pieces[block] };
    listeners.get('click')!({ target: { closest: () => button } });
  };
  order.shown(5);
});

it('sends the version whose lines it names, and says the place once the host has moved the block', () => {
  press(2, '-1');
  expect(posted).toEqual([{ type: 'move', block: 2, before: 11, version: 5 }]);
  // Drawn anew for another reason.
  order.shown(5);
  expect(said).toEqual([]);
  order.changed(true, '');
  order.shown(6);
  expect(said.at(-1)).toBe('Block 2 of 3');
});

it('says nothing about a block that was not moved', () => {
  press(0, '1');
  press(0, '1');
  order.changed(false, 'The text has just changed. Try again.');
  order.shown(7);
  expect(said).toEqual(['The text has just changed. Try again.']);
  press(1, '-1');
  expect(posted.slice(1)).toEqual([{ type: 'move', block: 1, before: 1, version: 7 }]);
});

it('follows a second press once the first is on the page, and drops one beyond the end', () => {
  for (let i = 0; i < 3; i++) press(2, '-1');
  expect(posted).toHaveLength(1);
  for (const version of [6, 7]) {
    order.changed(true, '');
    order.shown(version);
  }
  expect(posted.map((message) => message.type === 'move' && [message.block, message.before, message.version])).toEqual([
    [2, 11, 5],
    [1, 1, 6],
  ]);
  expect(said.at(-1)).toBe('Block 1 of 3');
});
