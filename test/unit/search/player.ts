/** Plays studies to their end like a careless crowd of workers: out of order, with failures, NaN and lost trials. */
import { createStudy, restoreStudy, type SavedStudy } from '../../../src/search/index.js';
import { createRandom } from '../../../src/search/maths/random.js';
import type { Outcome, StudyOptions, Trial } from '../../../src/search/types.js';

export interface Game {
  options: StudyOptions;
  /** Returns whether the study is saved and restored before this turn. */
  interrupt(turn: number): boolean;
  /** Action on the study before this turn. */
  event?(study: SavedStudy, turn: number): void;
  turns?: number;
}

const WORKERS = 3;
const STEPS = 9;

/** Plays the game and returns the study's answers, turn by turn; they are equal if two studies can't be told apart. */
export function play({ options, interrupt, event, turns = 160 }: Game): unknown[] {
  let study = createStudy({ maxSteps: STEPS, workers: WORKERS, ...options });
  const random = createRandom(options.seed + 99);
  const running: { id: number; until: number }[] = [];
  const said: unknown[] = [];
  for (let turn = 0; turn < turns; turn++) {
    event?.(study, turn);
    if (interrupt(turn)) study = restoreStudy(JSON.parse(JSON.stringify(study.save())));
    if (running.length < WORKERS) {
      const asked = study.ask();
      said.push(asked ?? { waiting: study.waiting });
      if (asked) running.push({ id: asked.id, until: asked.until ?? STEPS });
      else if (running.length === 0) break;
      if (asked) continue;
    }
    const at = random.int(running.length);
    const { id, until } = running[at]!;
    // Occasionally a worker disappears.
    const outcome = random.int(60) === 0 ? 'lost' : work(study, id, until, random, options.goals.length, said);
    if (!outcome) continue;
    running.splice(at, 1);
    if (outcome !== 'lost') study.tell(id, outcome);
    else if (random.int(2)) study.tell(id, { state: 'failed' });
  }
  said.push(
    study.best().map(({ id }) => id),
    study.size,
  );
  return said;
}

/** Runs some steps of a trial; returns null while it is still running. */
function work(
  study: SavedStudy,
  id: number,
  until: number,
  random: { int(n: number): number; normal(): number },
  goals: number,
  said: unknown[],
): Outcome | null {
  const value = () => (random.int(40) === 0 ? NaN : quality(study.trials[id]!) + 0.3 * random.normal());
  let step = study.trials[id]!.reports.at(-1)?.step ?? 0;
  if (goals === 1) {
    for (let count = 1 + random.int(4); count > 0 && step < until; count--) {
      const verdict = study.report(id, ++step, value());
      if (verdict !== 'continue') said.push([id, step, verdict]);
      if (verdict === 'prune') return { state: 'pruned' };
      if (verdict === 'pause') return { state: 'paused' };
    }
    if (random.int(30) === 0) return { state: 'failed' };
    if (step < until) return null;
    if (until < STEPS) return { state: 'paused' };
  }
  return { state: 'completed', values: Array.from({ length: goals }, value), seconds: 1 + random.int(5) };
}

/** Returns a value that depends on the params, so that there is something to learn. */
function quality({ params }: Trial): number {
  const text = JSON.stringify(Object.values(params).map((v) => (typeof v === 'number' ? Math.round(v * 2) : v)));
  let hash = 0;
  for (let i = 0; i < text.length; i++) hash = (hash * 31 + text.charCodeAt(i)) | 0;
  return (hash >>> 0) / 2 ** 32;
}
