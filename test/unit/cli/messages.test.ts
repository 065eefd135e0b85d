import { expect, it } from 'vitest';
import { messageLines } from '../../../src/cli/text/messages.js';
import { plain } from '../../../src/cli/text/terminal.js';

it('messages say their level and how often they came, and can’t move the cursor', () => {
  const message = { time: 1, last: 2, level: 'warning', text: 'a\nb\u001b[2J', count: 1 } as const;
  expect(messageLines([message, { ...message, level: 'info', text: 'c', count: 3 }], plain)).toEqual([
    'warning a\n        b�[2J',
    'info    c (3 times)',
  ]);
  expect(messageLines([message, message, message], plain, 1)[0]).toContain('2 earlier messages');
});
