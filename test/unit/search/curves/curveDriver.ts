/** Runs a study on a learning-curve task with simulated workers that advance step by step, each at its own pace. */
import { createRandom } from '../../../../src/search/maths/random.js';
import type { Study } from '../../../../src/search/types.js';
import type { CurveTask } from './curveTasks.js';

export interface Drive {
  /** Total number of steps that may be run. */
  budget: number;
  workers?: number;
  /** Probability that a step kills its trial. */
  failures?: number;
  seed?: number;
  /** Callback after each step, with the number of steps run so far. */
  watch?: (steps: number) => void;
}
export interface Driven {
  steps: number;
  /**
   * Reason for the end: the budget was used up, the study returned nothing more, or (never) all workers wait for each
   * other.
   */
  ended: 'budget' | 'study' | 'deadlock';
}

/** Drives the study. A resumed trial continues where it (or the one whose checkpoint it takes) stopped. */
export function drive(
  study: Study,
  task: CurveTask,
  { budget, workers = 1, failures = 0, seed = 1, watch }: Drive,
): Driven {
  const random = createRandom(seed);
  const reached = new Map<number, number>();
  const busy: ({ id: number; until: number } | null)[] = Array.from({ length: workers }, () => null);
  for (let steps = 0; steps < budget; watch?.(steps)) {
    for (const [w, work] of busy.entries()) {
      if (work) continue;
      const asked = study.ask();
      if (!asked) continue;
      const step = asked.from !== undefined ? (reached.get(asked.from) ?? 0) : (reached.get(asked.id) ?? 0);
      reached.set(asked.id, step);
      busy[w] = { id: asked.id, until: Math.min(task.maxSteps, asked.until ?? Infinity) };
    }
    const running = busy.flatMap((work, w) => (work ? [w] : []));
    if (running.length === 0) return { steps, ended: study.waiting ? 'deadlock' : 'study' };
    const w = running[random.int(running.length)]!;
    const { id, until } = busy[w]!;
    const step = reached.get(id)! + 1;
    const params = study.trials[id]!.params;
    const free = () => (busy[w] = null);
    if (step <= task.maxSteps) {
      steps++;
      reached.set(id, step);
      if (failures > 0 && random.next() < failures) {
        study.tell(id, { state: 'failed' });
        free();
        continue;
      }
      const verdict = study.report(id, step, task.loss(params, step));
      if (verdict !== 'continue') {
        study.tell(id, { state: verdict === 'prune' ? 'pruned' : 'paused' });
        free();
        continue;
      }
    }
    if (step >= task.maxSteps) {
      study.tell(id, { state: 'completed', values: [task.loss(params, task.maxSteps)] });
      free();
    } else if (step >= until) {
      study.tell(id, { state: 'paused' });
      free();
    }
  }
  return { steps: budget, ended: 'budget' };
}
