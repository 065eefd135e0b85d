/** Decides whether an alert's rule is true of a run. Pure. */
import { LIVE_STATUSES, type Run } from '../../protocol/engine/index.js';
import { entryOf } from '../../protocol/values/records.js';
import { said } from '../../format/said.js';
import type { Said } from '../../protocol/said.js';
import type { AlertCondition } from '../../protocol/engine/alerts.js';

/** `quiet`: seconds since the run last logged something. Returns the reason in one sentence, or null. */
export function reasonFor(when: AlertCondition, run: Run, quiet: number): Said | null {
  switch (when.kind) {
    case 'above':
    case 'below': {
      const summary = entryOf(run.metrics, when.metric);
      if (!summary) return null;
      const extreme = Number(when.kind === 'above' ? summary.max : summary.min);
      const isPassed = when.kind === 'above' ? extreme > when.value : extreme < when.value;
      return isPassed ? thresholdText(when, extreme) : null;
    }
    case 'nan': {
      const broken = Object.entries(run.metrics).find(([, { last }]) => !Number.isFinite(Number(last)));
      return broken ? said('{0} is {1}.', broken[0], String(broken[1].last)) : null;
    }
    case 'stall':
      return run.status === 'running' && quiet >= when.seconds
        ? said('Nothing was logged for {0} s.', when.seconds)
        : null;
    case 'failed':
      return run.status === 'failed' ? failureText(run) : null;
    case 'ended':
      return LIVE_STATUSES.includes(run.status) ? null : (ENDS[run.status] ?? said('It has ended.'));
  }
}

const thresholdText = (when: Extract<AlertCondition, { metric: string }>, extreme: number): Said =>
  when.kind === 'above'
    ? said('{0} was {1}, above {2}.', when.metric, String(extreme), String(when.value))
    : said('{0} was {1}, below {2}.', when.metric, String(extreme), String(when.value));

/** The message is cut to what a text may hold. */
const failureText = ({ error }: Run): Said =>
  error ? said('It failed: {0}', error.message.slice(0, LONGEST)) : said('It failed without a message.');

const LONGEST = 2000;

const ENDS: Partial<Record<Run['status'], Said>> = {
  completed: said('It is completed.'),
  failed: said('It has failed.'),
  stopped: said('It was stopped.'),
  pruned: said('It was pruned.'),
};
