/** Computes insights from a study as it is saved in the store. Slow: call it in a thread. */
import { frontOf } from '../../../search/insight/front.js';
import { importance } from '../../../search/insight/importance.js';
import { dependence } from '../../../search/insight/partialDependence.js';
import { regretLeft } from '../../../search/insight/regretLeft.js';
import { fromSaved } from '../../../search/saved/index.js';
import type { Dimension, Goal, History, Space, Trial } from '../../../search/types.js';
import type { FrontPoint, HistoryPoint, Insight, InsightQuery, Scale } from '../../../protocol/engine/insight.js';
import { toWire } from '../../../protocol/values/index.js';

/** The insight without the fields that the engine knows without the study. */
export type Computed = Omit<Insight, 'search' | 'objectives'>;

/** Points of a plot; more say no more. */
const MOST = 1000;

/** `text`: what the engine wrote down of the search; null when it has not yet. Throws SearchError when it can't be read. */
export function computeInsight(text: string | null, query: InsightQuery): Computed {
  const { options, trials } = text === null ? EMPTY : fromSaved((JSON.parse(text) as { study: unknown }).study);
  const { space, goals } = options;
  const history: History = { space, goals, trials };
  const objective = Math.min(query.objective, goals.length - 1);
  const wants = (part: InsightQuery['parts'][number]): boolean => query.parts.includes(part);
  return {
    objective,
    history: wants('history') ? progress(trials, goals[objective] ?? 'minimize', objective) : null,
    importance: wants('importance') ? importanceOf(history, query, objective) : null,
    ...dependenceOf(history, query, objective),
    // With several objectives, the distance to the best of one says little.
    left: wants('left') && goals.length === 1 ? regretLeft(history) : null,
    front: wants('front') && goals.length > 1 ? front(history) : null,
  };
}

const EMPTY = { options: { space: { dimensions: [] } as Space, goals: ['minimize'] as Goal[] }, trials: [] as Trial[] };

function progress(trials: readonly Trial[], goal: Goal, objective: number): HistoryPoint[] {
  const sign = goal === 'minimize' ? 1 : -1;
  let least = Infinity;
  const points = trials.flatMap(({ id, state, values }): HistoryPoint[] => {
    if (state !== 'completed' || !values) return [];
    const value = values[objective]!;
    const best = sign * value < least;
    if (best) least = sign * value;
    return [{ trial: id, run: null, value: toWire(value), best }];
  });
  const every = Math.ceil(points.length / MOST);
  return points.filter(({ best }, i) => best || i % every === 0 || i === points.length - 1);
}

function importanceOf(history: History, { method }: InsightQuery, objective: number): Computed['importance'] {
  const found = importance(history, { method, objective });
  if ('unknown' in found) return found;
  const shares = Object.entries(found.shares).map(([name, share]) => ({ name, share }));
  shares.sort((a, b) => b.share - a.share);
  return { method, trials: found.trials, shares, alone: found.alone ?? null, pairs: found.pairs ?? [] };
}

/** Both are of one model. */
function dependenceOf(
  history: History,
  { parts, surface }: InsightQuery,
  objective: number,
): Pick<Computed, 'curves' | 'surface'> {
  if (!parts.includes('curves') && !surface) return { curves: null, surface: null };
  const found = dependence(history, { objective });
  if ('unknown' in found) return { curves: parts.includes('curves') ? found : null, surface: null };
  const { model, trials, names } = found;
  const scale = (name: string): Scale => scaleOf(history.space.dimensions.find((d) => d.name === name)!);
  const curves = names.flatMap((name) => {
    const curve = parts.includes('curves') ? found.curve(name) : null;
    return curve ? [{ ...curve, scale: scale(name) }] : [];
  });
  const both = surface && found.surface(...surface);
  return {
    curves: parts.includes('curves') ? { model, trials, curves } : null,
    surface: both ? { ...both, scales: [scale(both.names[0]), scale(both.names[1])] } : null,
  };
}

function scaleOf(d: Dimension): Scale {
  if (d.kind === 'choice' || d.kind === 'constant') return 'choice';
  return 'log' in d && d.log ? 'log' : 'linear';
}

function front(history: History): Computed['front'] {
  const { trials, others, reference, hypervolume } = frontOf(history);
  const shown = ({ id, values }: { id: number; values: number[] }): FrontPoint => {
    return { trial: id, run: null, values: values.map(toWire) };
  };
  const every = Math.ceil(others.length / MOST);
  return {
    front: trials.map(shown),
    others: others.filter((_, i) => i % every === 0).map(shown),
    reference,
    hypervolume,
  };
}
