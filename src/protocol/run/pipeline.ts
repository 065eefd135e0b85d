/** Pipelines: the work of a pipeline's run, its progress, and the request that starts its stages. */
import { z } from 'zod';
import { ID_PATTERN } from './runFiles.js';
import { Goal, RunError, RunStatus } from '../engine/rows.js';
import { WireNumber } from '../values/index.js';

const Id = z.string().regex(ID_PATTERN);

/** A stage, ready to run. */
export const StagePlan = z.object({
  name: z.string(),
  kind: z.string(),
  /** Names of the stages that must be done first. */
  after: z.array(z.string()),
  /**
   * Text of an experiment file. `{stage.NAME.run}` and `{stage.NAME.dir}` are replaced by the id and the folder of
   * another stage's run.
   */
  text: z.string(),
  /** Paths of files and folders that it depends on, relative to the experiment file; missing ones are ignored. */
  inputs: z.array(z.string()),
  /** Paths, relative to its run's folder, of files that it must leave. */
  outputs: z.array(z.string()),
});
export type StagePlan = z.infer<typeof StagePlan>;

export const PipelinePlan = z.object({
  stages: z.array(StagePlan).min(1),
  /** Stage that is done again even if nothing has changed. */
  afresh: z.string().optional(),
});
export type PipelinePlan = z.infer<typeof PipelinePlan>;

/** Place of a run in a pipeline. */
export const StageOf = z.object({
  /** Run of the pipeline that started it. */
  pipeline: Id,
  name: z.string(),
  /** SHA-256 of everything that it depends on. */
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  /** Runs of the stages that it has taken something from. */
  parents: z.array(Id),
});
export type StageOf = z.infer<typeof StageOf>;

/** A stage as its pipeline sees it now. */
export const StageView = z.object({
  name: z.string(),
  kind: z.string(),
  after: z.array(z.string()),
  /** `waiting`: for the stages before it. `skipped`: one of them has failed. */
  status: z.union([RunStatus, z.enum(['waiting', 'skipped'])]),
  /** Its run; null: it has none yet. */
  run: Id.nullable(),
  /** Another pipeline has started that run. */
  reused: z.boolean(),
  objective: z.object({ metric: z.string(), goal: Goal.nullable(), value: WireNumber }).nullable(),
  /** Numbers in its network's weights; null: unknown. */
  weights: z.number().nullable(),
  /** Bytes of the network's file, or of the outputs; null: unknown. */
  bytes: z.number().nullable(),
  error: RunError.nullable(),
});
export type StageView = z.infer<typeof StageView>;

export const PipelineRequests = {
  /**
   * Returns the run of a stage: a completed or active one with the same hash, or a new one. Only an active run of a
   * pipeline can send it.
   */
  'pipelines/stage': {
    params: z
      .object({
        pipeline: Id,
        stage: z.string(),
        hash: z.string().regex(/^[0-9a-f]{64}$/),
        /** Text of the stage's experiment file, with the runs of other stages inserted. */
        text: z.string(),
        parents: z.array(Id),
        /** Takes no run of another pipeline. */
        afresh: z.boolean(),
      })
      .strict(),
    result: z.object({ run: Id, reused: z.boolean() }),
  },
  'pipelines/get': {
    params: z.object({ id: Id }).strict(),
    result: z.object({ stages: z.array(StageView) }),
  },
} as const;

/** `stages.json` in the folder of a pipeline's run: the run of each stage that has one. */
export const StageRuns = z.object({
  version: z.literal(1),
  stages: z.array(
    z.object({
      name: z.string(),
      run: Id.nullable(),
      reused: z.boolean(),
      skipped: z.boolean(),
      bytes: z.number().nullable(),
    }),
  ),
});
export type StageRuns = z.infer<typeof StageRuns>;
export const STAGE_RUNS_FILE = 'stages.json';
