/** A run's messages to the person and notes about its records, as lines for the terminal. */
import type { RunMessage } from '../protocol/engine.js';
import { safe, type Paint } from './terminal.js';

const COLORS = { info: 'dim', warning: 'yellow', error: 'red' } as const;

/** Golden-tested. The newest `most` of them. */
export function messageLines(messages: readonly RunMessage[], paint: Paint, most = 50): string[] {
  const shown = messages.slice(-most);
  const left = messages.length - shown.length;
  return [
    ...(left > 0 ? [paint('dim', `… and ${left} earlier messages: --json has them all`)] : []),
    ...shown.map(({ level, text, count }) => {
      const times = count > 1 ? paint('dim', ` (${count} times)`) : '';
      return `${paint(COLORS[level], level.padEnd(7))} ${safe(text).replaceAll('\n', '\n        ')}${times}`;
    }),
  ];
}
