/** Descriptions of runs that are to be created. */
import type { Branch } from '../../../protocol/engine/branch.js';
import type { Placing } from '../../../protocol/engine/placing.js';
import type { Capture } from '../../../protocol/run/captureSettings.js';
import type { DebugSpec } from '../../../protocol/run/debugging.js';
import type { StageOf } from '../../../protocol/run/pipeline.js';
import type { RunSpec } from '../../../protocol/run/runFolder.js';
import type { RangeTest } from '../../../protocol/trainer/rangeTest.js';
import type { Floats } from '../../../protocol/values/floats.js';
import type { Params } from '../../../protocol/values/index.js';
import type { Environment } from '../../disk/environments.js';
import type { GitFacts } from '../../machine/hostFacts.js';

export interface NewRunDetails {
  /** From `newRun`. */
  id: string;
  name: string;
  seed: number;
  search: string | null;
  trial: number | null;
  git: GitFacts | null;
  rangeTest?: RangeTest;
  debug?: DebugSpec;
  launch?: RunSpec['launch'];
  /** Step after which its search wants it to pause. */
  until?: number | undefined;
  branch?: Branch;
  stage?: StageOf;
  /** The run that is run again. */
  rerunOf?: string;
  /** Environment of its program; null: the engine's. A trial has its search's environment, which the search keeps. */
  environment: Environment | null;
}

export interface StartRequest {
  file: string;
  text?: string;
  params?: Params;
  floats?: Floats | undefined;
  name?: string;
  seed?: number;
  python?: string;
  capture?: Capture;
  rangeTest?: RangeTest;
  afresh?: string;
  /** See `Sending.require`. */
  send?: string;
  place?: Placing;
}
