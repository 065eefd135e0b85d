/** The facts that `auto` decides by: the space, the budget, and the number of parallel trials. */
import { countPoints } from '../../space/index.js';
import type { History, Space } from '../../types.js';
import { axesOf } from '../../space/unit.js';

export interface SpaceFacts {
  /** Number of distinct points; Infinity when a range is continuous. */
  points: number;
  /** Number of parameters with more than one value. */
  parameters: number;
  /** Number of choices among these. */
  choices: number;
  conditional: boolean;
}

export interface Facts extends SpaceFacts {
  objectives: number;
  /** Number of planned trials; null if unknown. */
  planned: number | null;
  workers: number;
}

export function spaceFacts(space: Space): SpaceFacts {
  const free = axesOf(space).filter(({ count }) => count !== 1);
  return {
    points: countPoints(space),
    parameters: free.length,
    choices: free.filter(({ ordered }) => !ordered).length,
    conditional: free.some(({ dimension }) => Object.keys(dimension.when ?? {}).length > 0),
  };
}

export function factsOf(history: Omit<History, 'trials'>, about: SpaceFacts): Facts {
  const { goals, planned = null, workers = 1 } = history;
  return { ...about, objectives: goals.length, planned, workers };
}
