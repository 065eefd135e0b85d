/** Messages of runs. */
import type { RunMessage } from '../api.js';
import type { Database } from '../database.js';
import type { RunRow } from './rows.js';
import { unreadWarning } from './unread.js';

/** Returns a run's messages in the order logged, and at last the warning about records that can't be read. */
export function messagesOf(db: Database, row: RunRow): RunMessage[] {
  const rows = db.all<Omit<RunMessage, 'said'> & { said: string | null }>(
    'SELECT time, coalesce(last, time) last, level, text, count, said FROM messages WHERE run = ? ORDER BY rowid',
    row.key,
  );
  const messages = rows.map(({ said, ...message }): RunMessage => {
    return said === null ? message : { ...message, said: JSON.parse(said) as NonNullable<RunMessage['said']> };
  });
  const unread = unreadWarning(row);
  return unread ? [...messages, unread] : messages;
}
