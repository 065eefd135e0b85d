import type { FloatMark, Floats } from '../../protocol/floats.js';
import type { Params } from '../../protocol/values.js';
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
  /** Which whole numbers of the params, and of the search space, were written as floats. */
  floats?: Floats | undefined;
  spaceFloats?: FloatMark;
  /** Where the parameters of a sweep stand in nested groups. */
  groups?: Record<string, string[]> | undefined;
  /** Where each parameter of `params` stands below `params`. */
  pathOf: Map<string, string[]>;
  space: Space | null;
  /** From a part of `written` to its place in the file (differs in sweep files). */
  origin(path: Path): Path;
}
