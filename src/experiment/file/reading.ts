import type { FloatMark, Floats } from '../../protocol/values/floats.js';
import type { Params } from '../../protocol/values/index.js';
import type { Space } from '../../search/index.js';
import type { WrittenExperiment } from '../schema.js';
import type { Experiment } from '../types.js';
import type { Path, Source } from './source.js';

/** An experiment file read as far as its mistakes allow. */
export interface Reading {
  source: Source;
  written: WrittenExperiment | null;
  experiment: Experiment | null;
  params: Params;
  /** Marks the whole numbers of the params, and of the search space, that were written as floats. */
  floats?: Floats | undefined;
  spaceFloats?: FloatMark;
  /** Places of a sweep's parameters in nested groups. */
  groups?: Record<string, string[]> | undefined;
  /** Place of each parameter below `params`. */
  pathOf: Map<string, string[]>;
  space: Space | null;
  /** From a part of `written` to its place in the file (differs in sweep files). */
  origin(path: Path): Path;
}
