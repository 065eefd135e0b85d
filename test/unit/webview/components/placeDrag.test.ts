import { expect, it } from 'vitest';
import { PlaceDrag } from '../../../../webview/components/placeDrag.js';

const cards = ['loss', 'acc'];

it('moves a card within its group, once', () => {
  const drag = new PlaceDrag();
  drag.start('loss', new EventTarget());
  expect([drag.isOf(cards), drag.isOf(['lr'])]).toEqual([true, false]);
  expect(drag.drop('acc', cards)).toBe('loss');
  expect([drag.isOf(cards), drag.drop('acc', cards)]).toEqual([false, null]);
});

it('moves nothing onto itself or to another group', () => {
  const drag = new PlaceDrag();
  for (const [onto, keys] of [
    ['loss', cards],
    ['lr', ['lr']],
    ['lr', cards],
  ] as const) {
    drag.start('loss', new EventTarget());
    expect(drag.drop(onto, keys)).toBeNull();
  }
});

it('forgets a card that was dropped elsewhere: what is dragged next is not that card', () => {
  const drag = new PlaceDrag();
  const place = new EventTarget();
  drag.start('loss', place);
  place.dispatchEvent(new Event('dragend'));
  expect([drag.isOf(cards), drag.drop('acc', cards)]).toEqual([false, null]);
});
