/** A pipeline for display: its stages with their kinds, dependencies, progress and results. */
import * as path from 'node:path';
import { readReal, STATE_LIMIT } from '../../files/real.js';
import type { Run } from '../../protocol/engine/index.js';
import { STAGE_RUNS_FILE, StageRuns, type StagePlan, type StageView } from '../../protocol/run/pipeline.js';
import { PRUNING } from '../../protocol/trainer/pruning.js';
import { entryOf } from '../../protocol/values/records.js';
import { fromWire, type WireNumber } from '../../protocol/values/index.js';

type StageRun = StageRuns['stages'][number];

/** Metrics by which a network without an objective is shown, the most telling first. */
const TELLING = [PRUNING.final, 'val/accuracy', 'val/loss', 'accuracy', 'loss'];

/** Returns the runs of the stages as the pipeline's program has written them down; empty before it has. */
export function readStageRuns(folder: string): StageRun[] {
  try {
    return StageRuns.parse(JSON.parse(readReal(path.join(folder, STAGE_RUNS_FILE), STATE_LIMIT))).stages;
  } catch {
    return [];
  }
}

/** `run` gives a run's row; null: it is gone. */
export function viewOf(
  stages: readonly StagePlan[],
  written: readonly StageRun[],
  run: (id: string) => Run | null,
): StageView[] {
  return stages.map(({ name, kind, after }) => {
    const known = written.find((one) => one.name === name);
    const row = known?.run ? run(known.run) : null;
    return {
      ...{ name, kind, after },
      status: row?.status ?? (known?.skipped ? 'skipped' : 'waiting'),
      run: row?.id ?? null,
      reused: known?.reused ?? false,
      objective: row && objectiveOf(row),
      weights: row && weightsOf(row),
      bytes: known?.bytes ?? null,
      error: row?.error ?? null,
    };
  });
}

function objectiveOf({ objective, metrics }: Run): StageView['objective'] {
  if (objective && objective.value !== null)
    return { metric: objective.metric, goal: objective.goal, value: objective.value };
  const metric = TELLING.find((name) => entryOf(metrics, name) !== undefined);
  if (metric === undefined) return null;
  const goal = metric.endsWith('loss') ? 'minimize' : 'maximize';
  return { metric, goal, value: entryOf(metrics, metric)!.last };
}

function weightsOf({ metrics, info }: Run): number | null {
  const pruned = entryOf(metrics, PRUNING.weights)?.last;
  const weights = pruned === undefined ? entryOf(info, 'parameters') : fromWire(pruned as WireNumber);
  return typeof weights === 'number' && Number.isFinite(weights) ? weights : null;
}
