import { expect, it } from 'vitest';
import type { Run } from '../../../../src/protocol/engine/index.js';
import { RunsInPlace } from '../../../../webview/model/page/withRuns.js';
import type { PanelModel } from '../../../../webview/model/panel.js';

const run = (id: string): Run => ({ id, name: id, params: {}, floats: {}, tags: [] }) as unknown as Run;

it('draws runs that the panel does not draw each in its own color, as they are named on the page', () => {
  const same = { color: 0, dash: [] };
  const panel = { look: () => same, signal: { emit: () => undefined } } as unknown as PanelModel;
  const place = new RunsInPlace(panel);
  place.show([run('a'), run('b')]);
  const { model } = place;
  expect(model.look('b')).toEqual(model.palette.of('b'));
  expect(model.look('a').color).not.toBe(model.look('b').color);
});
