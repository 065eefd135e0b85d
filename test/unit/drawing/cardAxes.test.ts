import { expect, it } from 'vitest';
import { axisOf, readAxes, soundAxes, type CardAxis } from '../../../src/drawing/cardAxes.js';

const axis = (series: string[], side: CardAxis['side'] = 'left', color: string | null = null): CardAxis => ({
  ...{ series, side, color },
});

it('puts each curve on one axis, those that none names on the first, and keeps no axis without curves', () => {
  const axes = soundAxes(
    ['a', 'b', 'c', 'd'],
    [axis(['a', 'x']), axis([]), axis(['b', 'a'], 'right', '#00ff00'), axis(['d'])],
  )!;
  expect(axes).toEqual([axis(['a', 'c']), axis(['b'], 'right', '#00ff00'), axis(['d'])]);
  expect(['a', 'b', 'c', 'd', 'e'].map((text) => axisOf(axes, text))).toEqual([0, 1, 0, 2, 0]);
  expect(soundAxes(['a'], [axis(['a'])])).toBeUndefined();
  expect(soundAxes(['a'], [axis(['a'], 'right')])).toHaveLength(1);
});

it('reads stored axes, those of earlier versions, and nothing invalid', () => {
  expect(readAxes(['a', 'b'], { right: ['b'] })).toEqual([axis(['a']), axis(['b'], 'right')]);
  expect(readAxes(['a', 'b'], { right: ['a', 'b'] })).toBeUndefined();
  const stored = [{ series: ['a'] }, { series: ['b'], side: 'top', color: 'url(x)' }, { series: 3 }, null];
  expect(readAxes(['a', 'b'], { axes: stored })).toEqual([axis(['a']), axis(['b'])]);
  expect(readAxes(['a', 'b'], {})).toBeUndefined();
});

it('looks each name up once, however many curves and axes name it', () => {
  const names = Array.from({ length: 100_000 }, (_, i) => `m${i}`);
  const reversed = [...names].reverse();
  expect(soundAxes(names, [axis([]), axis(reversed, 'right')])?.map(({ series }) => series.length)).toEqual([100_000]);
  expect(readAxes(names, { right: reversed.slice(1) })?.map(({ series }) => series.length)).toEqual([1, 99_999]);
});
