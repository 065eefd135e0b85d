/** What `auto` decides by: the space, the budget, and how many trials run at once. */
import { countPoints } from '../../space/index.js';
import type { History, Space } from '../../types.js';
import { axesOf } from '../../space/unit.js';

export interface SpaceFacts {
  /** Different points; Infinity when a range is continuous. */
  points: number;
  /** Parameters on which there is anything to choose. */
  parameters: number;
  /** Of these, choices. */
  choices: number;
  conditional: boolean;
}

export interface Facts extends SpaceFacts {
  objectives: number;
  /** Trials there will be; null: not known. */
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
