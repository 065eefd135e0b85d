/** The normal form of an experiment file, after parsing and checks. */
import type { AlertCondition } from '../protocol/engine/alerts.js';
import type { Capture } from '../protocol/run/captureSettings.js';
import type { WrittenStage } from './pipeline/schema.js';
import type { ClusterNeed } from '../protocol/run/cluster.js';
import type { CopiedValues } from './start/configCopies.js';
import type { FileProblem } from '../protocol/engine/index.js';
import type { FloatMark, Floats } from '../protocol/values/floats.js';
import type { Retries } from '../protocol/run/retries.js';
import type { PipelinePlan } from '../protocol/run/pipeline.js';
import type { Params } from '../protocol/values/index.js';
import type {
  LinearConstraint,
  Noise,
  Objective,
  Repeat,
  SpaceRule,
  Stages,
  Stop,
  WarmStart,
} from '../search/types.js';

/** The program to start: exactly one of the file's `run`, `module`, `network` and `pipeline`. */
export type Program =
  | {
      kind: 'run';
      /** Argument vector with `{param}` placeholders still in it; never given to a shell. */
      argv: string[];
    }
  | {
      kind: 'module';
      /** As written: relative to the experiment file's folder. */
      path: string;
    }
  | {
      kind: 'network';
      /** As written, placeholders included. */
      value: unknown;
    }
  | {
      kind: 'pipeline';
      /** As written, placeholders included; commands as argument vectors. */
      stages: WrittenStage[];
    };

/** A sampler or pruner by name, with its settings if the file gives any. */
export type Named = string | { name: string; [setting: string]: unknown };

export interface MeasuredConstraint {
  metric: string;
  atMost?: number;
  atLeast?: number;
}

export interface WarmStartPlan extends WarmStart {
  /** Ids of searches; the word `experiment` means all earlier searches of this file. */
  from: string[];
}

/** The section `search:` in its normal form. The engine's plan of a search contains its experiment, and so this. */
export interface SearchSettings {
  sampler: Named;
  pruner: Named | null;
  /** Null: until the sampler ends (a grid) or someone stops. */
  trials: number | null;
  /** Seconds after which the search ends; absent: no limit. */
  time?: number;
  /** `auto`: as many as the devices hold. */
  parallel: 'auto' | number;
  seed: number | null;
  constraints: {
    /** Terms may also name params that are not searched; `toSpace` puts their values in. */
    linear: LinearConstraint[];
    /** Products, comparisons of choices and forbidden combinations; absent if there are none. */
    rules?: SpaceRule[];
    /** Bounds on the last value of a metric that a run logged; one of the two bounds, or both. */
    measured: MeasuredConstraint[];
  };
  /** Epoch (else step) at which a full training ends. Null: not known. */
  maxSteps: number | null;
  /** The program saves and loads checkpoints. */
  checkpoints: boolean;
  stages: Stages | null;
  /** Null: earlier searches are ignored. */
  warmStart: WarmStartPlan | null;
  repeat: Repeat | null;
  /** Absent: the search ends with its trials. */
  stop?: Stop;
  /** Prefers trials that take less time; absent: time does not count. */
  cost?: 'time';
  noise: Noise;
  /** Number of failed trials, before any has reported the objective, after which the search gives up; 0: never. */
  giveUpAfter: number;
  /** As written in the file, anchors resolved; for showing and for `readSpace`. */
  space: Record<string, unknown>;
  /** Marks the whole numbers of the space that were written as floats. */
  floats?: FloatMark;
}

export interface Experiment {
  /** Absolute path of the file. */
  file: string;
  name: string;
  program: Program;
  /** The values that a plain run uses. Nested names are joined with dots. */
  params: Params;
  /** Marks the whole numbers of the params that were written as floats. */
  floats?: Floats | undefined;
  /** Positions of a sweep's parameters in nested groups; the others are found by their name. */
  groups?: Record<string, string[]> | undefined;
  /** The first of `objectives`. */
  objective: Objective | null;
  objectives: Objective[];
  search: SearchSettings | null;
  /** As written: relative to the experiment file's folder. Null: that folder. */
  cwd: string | null;
  env: Record<string, string>;
  /** Undefined: the file says nothing, so the person's settings decide. */
  capture?: Capture | undefined;
  /** Alerts about its runs. */
  alerts?: AlertCondition[] | undefined;
  /** Configuration files that each run gets a copy of, by their path from `cwd`, and the values put into it. */
  files?: Record<string, CopiedValues> | undefined;
  /** Folder within that of the run that the program starts in, as written: `{run.dir}/out`. */
  output?: string | undefined;
  resources: {
    /** GPUs that each run gets. Null: one if there are any. 0: none. */
    gpus: number | null;
    /** Runs that share one GPU. */
    perGpu: number;
  };
  /** The cluster that its runs work on, and the resources they request; absent: this machine. */
  cluster?: ClusterNeed | undefined;
  /** How often a run is launched again; absent: never. */
  retries?: Retries | undefined;
  /** Python that replaces `python` and `python3` at the start of `run`. */
  python: string | null;
  /** Seed of a plain run; null: a new one each time. */
  seed: number | null;
  /** Seconds between the polite request to stop and force. */
  stopGrace: number | null;
  /** Seconds after which records are synced to the disk; undefined: the environment decides. */
  syncInterval?: number | undefined;
}

export interface ParsedExperiment {
  /** Null when there is an error among the problems. */
  experiment: Experiment | null;
  /** In the order of the file. */
  problems: FileProblem[];
}

export interface PlanContext {
  /** Absolute path of the folder with trainer.cjs and module.cjs. */
  dist: string;
  /** Environment in which PATH and TUNESMITH_PYTHON are looked up. Default: process.env. */
  env?: Record<string, string | undefined>;
  /** The editor's choice of Python; the file's `python:` comes before it. */
  python?: string | null;
  /** Marks the whole numbers of the given params that were written as floats. */
  floats?: Floats | undefined;
  /** The run that is planned: the values of `{run.id}`, `{run.dir}`, `{seed}` and `{trial}`. */
  run?: RunFacts;
  /** Runs of the workspace from which `network.from` chooses; absent: it is not checked. */
  runs?: {
    has(id: string): boolean;
    /** Id of the best completed run; null: there is none. */
    best(of: { file: string } | { experiment: string }): string | null;
  };
}

export interface RunFacts {
  id: string;
  /** Absolute path of its folder. */
  folder: string;
  seed: number;
  trial: number | null;
}

/** The program to start and its parameters. If `problems` contains an error, the rest must not be used. */
export interface RunPlan {
  /** `${envvar:NAME}` still stands where `variables` says: the values, which may be secrets, are put in at the start. */
  argv: string[];
  variables?: ArgumentVariable[] | undefined;
  /** Absolute. */
  cwd: string;
  env: Record<string, string>;
  /** The file's params with the given ones laid over. */
  params: Params;
  /** Marks whole numbers that are floats. */
  floats?: Floats | undefined;
  /** Names of the params that only the program itself can read; absent: none, or that can't be known. */
  unpassed?: string[] | undefined;
  /** Texts of the files that the run's folder needs before the start, by path within it. */
  files?: Record<string, string> | undefined;
  /** For the built-in trainer: the validated section in its normal form. */
  network?: unknown;
  /** For a pipeline: the work of its stages. */
  pipeline?: PipelinePlan | undefined;
  problems: FileProblem[];
}

/** An environment variable within argument `argument`, at character `at`. */
export interface ArgumentVariable {
  argument: number;
  at: number;
  name: string;
}

/** Replaces `length` characters of the old text at `offset`. Ascending, not overlapping. */
export interface TextEdit {
  offset: number;
  length: number;
  text: string;
}

/** Lines count from 0, as in editors. Null if the file lacks the part. */
export interface FileLenses {
  /** Line of `params:`, or of `run`/`module`/`network`/`pipeline` when there are no params: where *Run* is offered. */
  runLine: number | null;
  /** Returns the place at which the learning rate of a `network:`, or its optimizer, is set. */
  rateLine: number | null;
  paramsLine: number | null;
  searchLine: number | null;
  /** Line and name of each stage of a pipeline. */
  stages: { name: string; line: number }[];
  /** Each entry of `params`, then each of `search.space`. */
  parameters: { name: string; line: number; where: 'params' | 'space' }[];
}
