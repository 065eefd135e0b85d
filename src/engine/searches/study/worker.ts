/**
 * The thread of one search: suggestions, verdicts and the writing of its state may take as long as they need here,
 * while the engine keeps serving.
 */
import { isDeepStrictEqual } from 'node:util';
import { parentPort, workerData } from 'node:worker_threads';
import { createStudy, restoreStudy, type SavedStudy } from '../../../search/index.js';
import type { StudyOptions, Verdict } from '../../../search/types.js';
import { ownSamplerOf } from './ownSampler.js';
import type {
  Saved,
  StudyCalls,
  StudyFacts,
  StudyMessage,
  StudyOpened,
  StudyReply,
  StudyStart,
  StudyState,
} from './messages.js';

const port = parentPort!;
const start = workerData as StudyStart;
const reported: Record<string, number> = 'saved' in start ? { ...start.saved.reported } : {};
/** Undefined until it is open, and if it could not be created, which was reported then. */
let study: SavedStudy;

/** By trial, the launch whose values were reported last; without an entry, the first one. */
const launches = new Map<number, number>('saved' in start ? start.saved.launches : []);

async function open(): Promise<SavedStudy> {
  const saved = 'saved' in start;
  const options = saved ? (start.saved.study as { options?: StudyOptions } | null)?.options : start.options;
  const makeOwn = (await ownSamplerOf(options?.sampler ?? 'auto', start.folder ?? '.')) ?? undefined;
  if (saved) return restoreStudy(start.saved.study, makeOwn);
  const made = createStudy({ ...start.options, ...(makeOwn && { makeOwn }) });
  for (const search of start.earlier) made.import(search);
  return made;
}

const facts = (): StudyFacts => ({ reason: study.reason, size: study.size });

function save(): Saved {
  const before = performance.now();
  const text = JSON.stringify({ study: study.save(), reported, launches: [...launches] } satisfies StudyState);
  return { text, ms: performance.now() - before };
}

const calls: { [C in keyof StudyCalls]: (params: StudyCalls[C]['params']) => StudyCalls[C]['result'] } = {
  ask({ save: wanted }) {
    const asked = study.ask();
    return { asked, waiting: study.waiting, saved: wanted ? save() : null, ...facts() };
  },
  report({ id, points, told }) {
    let strictest: Verdict = 'continue';
    for (const { step, value, rest, launch = 1 } of points) {
      const known = launches.get(id) ?? 1;
      // Read late, and of a timeline that is lost.
      if (launch < known) continue;
      if (launch > known) {
        launches.set(id, launch);
        study.rewind(id, step);
      }
      const verdict = study.report(id, step, value, rest);
      if (verdict === 'prune' || strictest === 'continue') strictest = verdict;
    }
    reported[id] = told;
    return strictest;
  },
  tell({ id, outcome }) {
    study.tell(id, outcome);
    if (outcome.state !== 'paused') {
      delete reported[id];
      launches.delete(id);
    }
    return null;
  },
  reopen({ id, told }) {
    study.reopen(id);
    reported[id] = told;
    return null;
  },
  enqueue({ params }) {
    study.enqueue(params);
    return facts();
  },
  change({ space, trials, cost }) {
    const { trials: before, workers, cost: known } = study.options;
    const isDearer = cost !== undefined && !isDeepStrictEqual(cost, known);
    if (trials !== undefined) study.extend(trials);
    try {
      if (isDearer) study.resize(workers ?? 1, cost);
      if (space) study.widen(space);
    } catch (error) {
      study.extend(before);
      if (isDearer) study.resize(workers ?? 1, known ?? undefined);
      throw error;
    }
    return facts();
  },
  resize({ workers, cost }) {
    study.resize(workers, cost);
    return facts();
  },
  adopt({ params }) {
    const { id, params: whole } = study.adopt(params);
    return { id, params: whole, state: 'running' };
  },
  save,
};

function plain(error: unknown): { name: string; message: string } {
  return error instanceof Error
    ? { name: error.name, message: error.message }
    : { name: 'Error', message: String(error) };
}

open().then(
  (opened) => {
    study = opened;
    serve();
  },
  (error: unknown) => port.postMessage({ seq: 0, error: plain(error) } satisfies StudyReply),
);

function serve(): void {
  port.on('message', ({ seq, call, params }: StudyMessage) => {
    let reply: StudyReply;
    try {
      reply = { seq, result: calls[call](params as never) };
    } catch (error) {
      reply = { seq, error: plain(error) };
    }
    port.postMessage(reply);
  });

  port.postMessage({
    seq: 0,
    result: {
      ...facts(),
      trials: study.trials.map(({ id, params, state, from, until }) => ({ id, params, state, from, until })),
      reported,
      heard: study.trials.some((trial) => trial.reports.length > 0),
    } satisfies StudyOpened,
  } satisfies StudyReply);
}
