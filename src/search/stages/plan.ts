/** Assigns parameters to stages. */
import { SearchError } from '../errors.js';
import { nearest } from '../space/nearest.js';
import type { Dimension, Space, Stages } from '../types.js';
import { isBatchSize, isLearningRate, stageByName } from './words.js';
import { l10n } from '../../format/l10n.js';

export interface Stage {
  name: string;
  /** Names of the parameters, in the order of the space. */
  params: string[];
  share: number | null;
}

export const DEFAULT = ['architecture', 'optimizer', 'regularization', 'batch'];
/** Name of the stage for parameters that no other stage claims. */
const OTHERS = 'others';

/**
 * Plans the stages; empty ones are left out. Explicitly putting a parameter into a stage before its parent's is an
 * error; a parameter placed only by its name moves along with its parent.
 */
export function planStages(space: Space, { order }: Stages): Stage[] {
  const names = order?.map(({ name }) => name) ?? [...DEFAULT];
  check(space, order ?? []);
  const said = new Map((order ?? []).flatMap(({ name, params = [] }) => params.map((param) => [param, name] as const)));
  const others = names.includes(OTHERS) ? names.indexOf(OTHERS) : names.length;
  const placeOf = new Map<string, number>();
  for (const d of space.dimensions) {
    if (isFixed(d)) continue;
    const given = said.get(d.name) ?? (d.stage && names.includes(d.stage) ? d.stage : null);
    const known = names.indexOf(given ?? stageByName(d.name) ?? OTHERS);
    let place = known < 0 ? others : known;
    for (const parent of Object.keys(d.when ?? {})) {
      const before = placeOf.get(parent);
      if (before === undefined || before <= place) continue;
      if (given !== null) {
        const [own, later] = [names[place] ?? OTHERS, names[before] ?? OTHERS];
        throw new SearchError(
          l10n.t(
            '"{0}" is tuned in stage "{1}", but depends on "{2}" of the later stage "{3}"; put "{4}" into the same stage or an earlier one',
            d.name,
            own,
            parent,
            later,
            parent,
          ),
        );
      }
      place = before;
    }
    placeOf.set(d.name, place);
  }
  const stages = [...names, OTHERS].map((name, i): Stage => {
    const params = space.dimensions.filter((d) => placeOf.get(d.name) === i).map((d) => d.name);
    return { name, params, share: order?.[i]?.share ?? null };
  });
  return stages.filter(({ params }) => params.length > 0).map((stage) => withLearningRate(space, stage));
}

/**
 * Adds learning rates to the stage that tunes the batch size, because the best learning rate changes with it: Goyal et
 * al., "Accurate, Large Minibatch SGD" (2017), section 2.1.
 */
function withLearningRate(space: Space, stage: Stage): Stage {
  if (!stage.params.some(isBatchSize)) return stage;
  const params = space.dimensions.filter((d) => {
    return stage.params.includes(d.name) || (isLearningRate(d.name) && !isFixed(d));
  });
  return { ...stage, params: params.map(({ name }) => name) };
}

function check({ dimensions }: Space, order: NonNullable<Stages['order']>): void {
  const known = dimensions.map(({ name }) => name);
  const stages = new Set<string>();
  const params = new Map<string, string>();
  for (const stage of order) {
    if (stages.has(stage.name)) throw new SearchError(l10n.t('the stage "{0}" appears twice', stage.name));
    stages.add(stage.name);
    for (const name of stage.params ?? []) {
      const other = params.get(name);
      if (other) throw new SearchError(l10n.t('"{0}" is in the stages "{1}" and "{2}"', name, other, stage.name));
      params.set(name, stage.name);
      if (known.includes(name)) continue;
      const near = nearest(name, known);
      const hint = near ? l10n.t('; did you mean "{0}"?', near) : '';
      throw new SearchError(l10n.t('stage "{0}": "{1}" is not in the search space{2}', stage.name, name, hint));
    }
  }
}

export function isFixed(d: Dimension): boolean {
  if (d.kind === 'choice') return d.choices.length === 1;
  return d.kind === 'constant' || ((d.kind === 'float' || d.kind === 'int') && d.low === d.high);
}
