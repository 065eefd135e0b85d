/** The tool that waits. The engine says what changes; nothing is polled. */
import { z } from 'zod';
import { LIVE_STATUSES, type Run, type Search } from '../../protocol/engine/index.js';
import { ownPoints } from '../../protocol/run/systemMetrics.js';
import { entryOf } from '../../protocol/values/records.js';
import { briefRun, briefSearch, numberOf } from '../answers.js';
import { ToolError, type BenchFolder } from '../bench.js';
import { findEither } from '../find.js';
import { readingTool } from '../tool.js';
import { NOTICE, shortName } from '../texts.js';

/** Seconds. Longer waits take several calls: many agents give up on a call that takes minutes. */
const LONGEST = 600;

const INPUT = z
  .object({
    id: z.string().describe('Id of a run or a search.'),
    until: z
      .enum(['end', 'metric', 'change', 'trouble'])
      .default('end')
      .describe(
        'end: it is over. metric: a metric has passed a threshold. change: another status, or a trial has ended. trouble (runs): a metric is NaN or infinite, or nothing was logged for stall_s, or an alert came.',
      ),
    metric: z.string().optional().describe('With until "metric": its name. For a search: its objective is used.'),
    above: z.number().optional().describe('With until "metric": done once a value is at least this.'),
    below: z.number().optional().describe('With until "metric": done once a value is at most this.'),
    stall_s: z
      .number()
      .min(0.1)
      .max(86_400)
      .default(300)
      .describe('With until "trouble": seconds without a new point.'),
    timeout_s: z.number().min(0.1).max(LONGEST).default(50).describe('Seconds to wait, at most.'),
  })
  .strict();
type Input = z.output<typeof INPUT>;
type Item = { run: Run } | { search: Search };

export const waitFor = readingTool({
  name: 'wait_for',
  title: 'Wait for a run or a search',
  summary: 'Waits until a run or a search ends, changes or passes a threshold.',
  description:
    'Waits for the end of a run or a search, for a metric to pass a threshold, for any change, or for trouble (NaN, a stall), and returns as soon as it happens, or after timeout_s with done false: then call it again. A run that ends otherwise ends the wait. Use it instead of asking over and over.',
  icon: 'watch',
  input: INPUT,
  async read(input, bench, { signal }) {
    const found = await findEither(bench, input.id);
    const { folder } = found;
    const first: Item = 'run' in found ? { run: found.run } : { search: found.search };
    check(input, first);
    const began = Date.now();
    const { item, done, why } = await wait(folder, input, first, signal);
    return {
      notice: NOTICE,
      done,
      why,
      waited_s: Math.round((Date.now() - began) / 100) / 10,
      ...('run' in item ? { run: briefRun(item.run) } : { search: briefSearch(item.search) }),
    };
  },
});

function check({ until, metric, above, below }: Input, first: Item): void {
  if (until === 'trouble' && 'search' in first)
    throw new ToolError('Waiting for trouble takes a run. For a search, wait for a change.');
  if (until !== 'metric') return;
  if (above === undefined && below === undefined)
    throw new ToolError('Waiting for a metric takes a threshold: above or below.');
  if (metric === undefined && 'run' in first) throw new ToolError('Name the metric to wait for.');
}

type Outcome = { item: Item; done: boolean; why: string };

function wait(folder: BenchFolder, input: Input, first: Item, signal: AbortSignal): Promise<Outcome> {
  let resolve!: (outcome: Outcome) => void;
  let reject!: (why: unknown) => void;
  const promise = new Promise<Outcome>((yes, no) => ([resolve, reject] = [yes, no]));
  let latest = first;
  let stalled: NodeJS.Timeout | undefined;
  let points = -1;
  /** Restarts whenever the run has logged something. */
  const watchForStall = (item: Item): void => {
    if (input.until !== 'trouble' || !('run' in item) || item.run.status !== 'running') return;
    const now = ownPoints(item.run.metrics);
    if (now === points) return;
    points = now;
    clearTimeout(stalled);
    const why = `Nothing was logged for ${input.stall_s} s.`;
    stalled = setTimeout(() => resolve({ item: latest, done: true, why }), input.stall_s * 1000);
  };
  const look = (item: Item): void => {
    latest = item;
    watchForStall(item);
    const why = reason(input, first, item);
    if (why !== null) resolve({ item, done: true, why });
  };
  /** Requests events that may have been missed before the listener was there, or while there was no engine. */
  const ask = async (): Promise<void> => {
    const { id } = input;
    if ('search' in first) look({ search: await folder.request('searches/get', { id }) });
    else look({ run: await folder.request('runs/get', { id }) });
  };
  let asking: Promise<void> | null = null;
  const askAgain = (): Promise<void> =>
    (asking ??= ask()
      .catch(() => undefined)
      .finally(() => (asking = null)));
  const parts = [
    folder.on('changed', ({ runs, searches, removedRuns, removedSearches }) => {
      const run = runs.find(({ id }) => id === input.id);
      const search = searches.find(({ id }) => id === input.id);
      // A row has the first metrics only, and trouble may be in any.
      if (run?.more && input.until !== 'change') void askAgain();
      else if (run) look({ run });
      if (search) look({ search });
      if ([...removedRuns, ...removedSearches].includes(input.id))
        resolve({ item: latest, done: true, why: 'It was deleted.' });
    }),
    folder.on('alert', ({ run, text }) => {
      if (input.until === 'trouble' && run === input.id)
        resolve({ item: latest, done: true, why: `An alert: ${shortName(text)}` });
    }),
    folder.onConnected(() => void ask().catch(() => undefined)),
  ];
  const timer = setTimeout(
    () => resolve({ item: latest, done: false, why: 'The time is over. Call wait_for again to wait on.' }),
    input.timeout_s * 1000,
  );
  const abort = (): void => reject(new ToolError('The wait was given up.'));
  if (signal.aborted) abort();
  else signal.addEventListener('abort', abort, { once: true });
  ask().catch(reject);
  return promise.finally(() => {
    clearTimeout(timer);
    clearTimeout(stalled);
    signal.removeEventListener('abort', abort);
    for (const part of parts) part.dispose();
  });
}

/** Returns why the wait has ended, or null. */
function reason({ until, metric, above, below }: Input, first: Item, now: Item): string | null {
  const { status } = 'run' in now ? now.run : now.search;
  if (until === 'change' && signOf(now) !== signOf(first)) return `It has changed: ${status}.`;
  if (until === 'metric') {
    const passed = 'run' in now ? passedBy(now.run, metric!, above, below) : passedBySearch(now.search, above, below);
    if (passed !== null) return passed;
  }
  if (until === 'trouble' && 'run' in now) {
    const broken = Object.entries(now.run.metrics).find(([, { last }]) => !Number.isFinite(numberOf(last)));
    if (broken) return `${shortName(broken[0])} is ${broken[1].last}.`;
  }
  return isOver(now) ? `It is ${status}.` : null;
}

function isOver(item: Item): boolean {
  if ('run' in item) return !LIVE_STATUSES.includes(item.run.status);
  return ['stopped', 'completed', 'failed'].includes(item.search.status);
}

/** Differs whenever something happened that is worth an agent's look. */
function signOf(item: Item): string {
  if ('run' in item) return item.run.status;
  const { status, counts, best } = item.search;
  return [status, counts.completed, counts.pruned, counts.failed, counts.stopped, best?.run].join(' ');
}

function passedBy(run: Run, metric: string, above: number | undefined, below: number | undefined): string | null {
  const summary = entryOf(run.metrics, metric);
  if (!summary) return null;
  if (above !== undefined && numberOf(summary.max) >= above) return `${shortName(metric)} has reached ${summary.max}.`;
  if (below !== undefined && numberOf(summary.min) <= below) return `${shortName(metric)} has reached ${summary.min}.`;
  return null;
}

function passedBySearch({ best }: Search, above: number | undefined, below: number | undefined): string | null {
  if (!best) return null;
  const value = numberOf(best.objective);
  if (above !== undefined && value >= above) return `The best trial has reached ${best.objective}.`;
  if (below !== undefined && value <= below) return `The best trial has reached ${best.objective}.`;
  return null;
}
