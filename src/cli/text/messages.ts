/** A run's messages to the person and notes about its records, as lines for the terminal. */
import { messageText } from '../../format/said.js';
import type { RunMessage } from '../../protocol/engine/index.js';
import { safe, type Paint } from './terminal.js';
import { l10n } from '../../format/l10n.js';

const COLORS = { info: 'dim', warning: 'yellow', error: 'red' } as const;

/** Golden-tested. The newest `most` of them. */
export function messageLines(messages: readonly RunMessage[], paint: Paint, most = 50): string[] {
  const shown = messages.slice(-most);
  const left = messages.length - shown.length;
  return [
    ...(left > 0 ? [paint('dim', l10n.t('… and {0} earlier messages: --json has them all', left))] : []),
    ...shown.map((message) => {
      const { level, count } = message;
      const times = count > 1 ? paint('dim', ` ${l10n.t('({0} times)', count)}`) : '';
      return `${paint(COLORS[level], level.padEnd(7))} ${safe(messageText(message)).replaceAll('\n', '\n        ')}${times}`;
    }),
  ];
}
