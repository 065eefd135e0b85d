/** Decides whether an alert's rule is true of a run. Pure. */
import { LIVE_STATUSES, type Run } from '../../protocol/engine/index.js';
import { entryOf } from '../../protocol/values/records.js';
import type { AlertCondition } from '../../protocol/engine/alerts.js';

/** `quiet`: seconds since the run last logged something. Returns the reason in one sentence, or null. */
export function reasonFor(when: AlertCondition, run: Run, quiet: number): string | null {
  switch (when.kind) {
    case 'above':
    case 'below': {
      const summary = entryOf(run.metrics, when.metric);
      if (!summary) return null;
      const extreme = Number(when.kind === 'above' ? summary.max : summary.min);
      const isPassed = when.kind === 'above' ? extreme > when.value : extreme < when.value;
      return isPassed ? `${when.metric} was ${extreme}, ${when.kind} ${when.value}.` : null;
    }
    case 'nan': {
      const broken = Object.entries(run.metrics).find(([, { last }]) => !Number.isFinite(Number(last)));
      return broken ? `${broken[0]} is ${broken[1].last}.` : null;
    }
    case 'stall':
      return run.status === 'running' && quiet >= when.seconds ? `Nothing was logged for ${when.seconds} s.` : null;
    case 'failed':
      return run.status === 'failed' ? `It failed: ${run.error?.message ?? 'without a message'}` : null;
    case 'ended':
      return LIVE_STATUSES.includes(run.status) ? null : `It is ${run.status}.`;
  }
}
