/** Parameters of a run that never reached its program. Known from the journals alone, so that a rebuilt index knows them too. */
import { inEnglish, said } from '../../format/said.js';
import type { RunMessage } from '../../protocol/engine/index.js';
import type { Said } from '../../protocol/said.js';

/** Names in a message, at most. */
const MOST_NAMED = 5;
/** Characters of each, at most. */
const LONGEST_NAME = 80;

/** Columns of a run's row. */
interface Ended {
  status: string;
  unread: string | null;
  ended_at: number | null;
  created_at: number;
}

/** Returns the warning of a completed run whose program has not received all its parameters; null if it has. */
export function unreadWarning({ status, unread, ended_at, created_at }: Ended): RunMessage | null {
  if (status !== 'completed' || unread === null) return null;
  const names = JSON.parse(unread) as string[];
  const time = ended_at ?? created_at;
  const values = warningOf(names);
  return { time, last: time, level: 'warning', text: inEnglish(values), said: values, count: 1 };
}

/** Returns the names that are left, as the column has them; null when that is none. */
export function withoutRead(unread: string, read: ReadonlySet<string>): string | null {
  const left = (JSON.parse(unread) as string[]).filter((name) => !read.has(name));
  return left.length > 0 ? JSON.stringify(left) : null;
}

const shorten = (name: string): string => (name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME)}…` : name);

function warningOf(names: readonly string[]): Said {
  const named = names.slice(0, MOST_NAMED).map((name) => `"${shorten(name)}"`);
  const first = `{${shorten(names[0]!)}}`;
  if (names.length === 1)
    return said(
      '{0} did not reach the program: neither the command nor the environment passes it on, and the program did not read it. It ran with a value of its own. Write {1} into the command, or read tunesmith.config.',
      named[0]!,
      first,
    );
  if (names.length > MOST_NAMED)
    return said(
      '{0} and {1} more did not reach the program: neither the command nor the environment passes them on, and the program did not read them. It ran with values of its own. Write {2} into the command, or read tunesmith.config.',
      named.join(', '),
      names.length - MOST_NAMED,
      first,
    );
  return said(
    '{0} and {1} did not reach the program: neither the command nor the environment passes them on, and the program did not read them. It ran with values of its own. Write {2} into the command, or read tunesmith.config.',
    named.slice(0, -1).join(', '),
    named.at(-1)!,
    first,
  );
}
