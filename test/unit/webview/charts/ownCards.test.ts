import { describe, expect, it } from 'vitest';
import type { CardAxis } from '../../../../src/drawing/cardAxes.js';
import { shownLooks, withCard, type OwnCard } from '../../../../webview/model/charts/ownCards.js';
import type { Zoom } from '../../../../webview/model/charts/zoom.js';
import { readView } from '../../../../webview/model/view.js';

const axis = (series: string[], side: CardAxis['side'] = 'left', color: string | null = null): CardAxis => ({
  ...{ series, side, color },
});
const card = (change: Partial<OwnCard> = {}): OwnCard => ({
  ...{ id: 'own:1', title: 'a', series: ['loss', 'lr'], axes: [axis(['loss']), axis(['lr'], 'right')] },
  ...change,
});
const zoom: Zoom = { x: [1, 2], y: [3, 4], y2: [5, 6] };
const other: Zoom = { x: [0, 1], y: [0, 1] };

describe('a changed card', () => {
  const save = (before: OwnCard, after: OwnCard) =>
    withCard({ cards: [before], zoom: { 'own:1': zoom, loss: other } }, after);

  it.each<[string, Partial<OwnCard>]>([
    ['on another axis', { axes: [axis(['lr']), axis(['loss'], 'right')] }],
    ['on one axis', { axes: undefined } as never],
    ['of another metric', { series: ['loss', 'acc'], axes: [axis(['loss']), axis(['acc'], 'right')] }],
  ])('loses its zoom if curves are %s, and other cards keep theirs', (_, change) => {
    const after = card(change);
    expect(save(card(), after)).toEqual({ cards: [after], zoom: { loss: other } });
  });

  it('keeps its zoom if each axis has the same curves', () => {
    const after = card({ title: 'b', axes: [axis(['loss'], 'right', '#112233'), axis(['lr'])] });
    expect(save(card(), after)).toEqual({ cards: [after], zoom: { 'own:1': zoom, loss: other } });
    const { axes: _, ...plain } = card();
    const one = card({ axes: [axis(['loss', 'lr'], 'right')] });
    expect(save(plain, one).zoom).toEqual({ 'own:1': zoom, loss: other });
  });

  it('that is new has no zoom of an earlier card with its id', () => {
    expect(withCard({ cards: [], zoom: { 'own:1': zoom } }, card())).toEqual({ cards: [card()], zoom: {} });
  });
});

it('shows side and colour of several axes, and of a single one that is coloured or on the right', () => {
  const [plain, right, coloured] = [axis([]), axis([], 'right'), axis([], 'left', '#112233')];
  const places = (axes: CardAxis[], ofCurves: number[]) => shownLooks(axes, ofCurves).map(({ at }) => at);
  expect(places([plain, right], [0, 1, 1])).toEqual([0, 1]);
  expect(places([plain, right], [0, 0])).toEqual([]);
  expect(places([plain, right], [1])).toEqual([1]);
  expect(places([coloured], [0])).toEqual([0]);
});

it('reads cards of anybody within bounds: as many curves as a card may have, and axes without searching names in names', () => {
  const series = Array.from({ length: 100_000 }, (_, i) => `m${i}`);
  const axes = Array.from({ length: 20_000 }, () => ({ series: series.slice(0, 5), side: 'right' }));
  const stored = [
    { id: 'own:1', title: '', series, axes: [{ series: [...series].reverse() }, { series }] },
    { id: 'own:2', title: '', series, right: [...series].reverse() },
    { id: 'own:3', title: '', series: ['m1', 'm2'], axes },
    ...[null, 'x', { id: 3, title: '', series: [] }, { id: 'own:4', title: '', series: [3] }],
  ];
  const { cards } = readView({ cards: stored });
  expect(
    cards.map(({ id, series: read, axes: on }) => [id, read.length, on?.map(({ series: some }) => some.length)]),
  ).toEqual([
    ['own:1', 100, undefined],
    ['own:2', 100, undefined],
    ['own:3', 2, [2]],
  ]);
});
