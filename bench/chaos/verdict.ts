/** Compares what was acknowledged with what the store has, and the events with their reported status. Pure. */
export interface Fate {
  id: string;
  kind: string;
  status: string;
  error: string | null;
  /** Steps that the store has, in the order logged. */
  stored: number[];
  acknowledged: number[];
  /** Programs that were started for it. */
  starts: number;
  /** The program came to its end and said so. */
  done: boolean;
  killed: { program: boolean; supervisor: boolean };
  /** It was started by us, or by a search of ours. */
  asked: boolean;
  /** It is a trial, which its search stops with itself. */
  isTrial: boolean;
  processesLeft: number;
}

export interface Verdict {
  lost: string[];
  doubled: string[];
  unasked: string[];
  misjudged: string[];
  leftRunning: string[];
}

export function judge(fates: readonly Fate[]): Verdict {
  const verdict: Verdict = { lost: [], doubled: [], unasked: [], misjudged: [], leftRunning: [] };
  for (const fate of fates) {
    const stored = new Set(fate.stored);
    const missing = fate.acknowledged.filter((step) => !stored.has(step));
    const name = `${fate.kind} ${fate.id}`;
    if (missing.length > 0) verdict.lost.push(`${name}: ${missing.length} of ${fate.acknowledged.length} steps`);
    if (stored.size < fate.stored.length) verdict.doubled.push(`${name}: ${fate.stored.length - stored.size} steps`);
    if (!fate.asked) verdict.unasked.push(`${name}: nobody asked for it`);
    if (fate.starts > 1) verdict.unasked.push(`${name}: ${fate.starts} programs were started`);
    const why = misjudged(fate);
    if (why) verdict.misjudged.push(`${name}: ${why}`);
    if (fate.processesLeft > 0) verdict.leftRunning.push(`${name}: ${fate.processesLeft} processes`);
  }
  return verdict;
}

function misjudged({ status, error, done, killed, kind, isTrial }: Fate): string | null {
  const is = `${status}${error ? ` (${error})` : ''}`;
  const touched = killed.program || killed.supervisor;
  if (!['completed', 'failed', 'stopped'].includes(status)) return `is ${is}, which is no end`;
  if (status === 'completed') return done ? null : 'is completed, though its program did not come to its end';
  if (status === 'stopped') return isTrial ? null : `is ${is}, though nobody stopped it`;
  if (!touched) return `is ${is}, though nothing of it was killed`;
  // Who appends to the journal without a client says nothing of its end: only its supervisor knows.
  const saysItsEnd = kind !== 'plain';
  if (done && saysItsEnd && !killed.program) return `is ${is}, though its program said that it was done`;
  return null;
}
