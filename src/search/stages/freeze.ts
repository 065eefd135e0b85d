/** Freezes all but some parameters of a space. */
import type { Params, ParamValue } from '../../protocol/values/index.js';
import { nearestAllowed } from '../constraints/index.js';
import { createRandom } from '../maths/random.js';
import { isActive } from '../space/index.js';
import type { Dimension, Space } from '../types.js';
import { axesOf } from '../space/unit.js';
import { entryOf, setEntry } from '../../protocol/values/records.js';

/** Freezes the parameters not in `free` at `values`. Conditions stay, so a frozen parameter may still come and go. */
export function freeze(space: Space, free: ReadonlySet<string>, values: Params): Space {
  const dimensions = space.dimensions.map((d): Dimension => {
    if (free.has(d.name) || d.kind === 'constant') return d;
    return { kind: 'constant', name: d.name, when: d.when, value: entryOf(values, d.name)! };
  });
  return { ...space, dimensions };
}

/** Returns the names of the free parameters that may be active while the others are frozen. */
export function livingIn(space: Space, free: ReadonlySet<string>, values: Params): string[] {
  const living: string[] = [];
  const dead = new Set<string>();
  for (const d of space.dimensions) {
    // A free parent may take any value; a frozen one has just one.
    const possible = Object.entries(d.when ?? {}).every(([parent, allowed]) => {
      if (dead.has(parent)) return false;
      return free.has(parent) || isActive({ ...d, when: { [parent]: allowed } } as Dimension, values);
    });
    if (!possible) dead.add(d.name);
    else if (free.has(d.name)) living.push(d.name);
  }
  return living;
}

/**
 * Returns a value for every parameter, including inactive ones: the user's prior, else the middle of the range or the
 * likeliest choice (the first of equals). Active parameters are moved to where the constraints allow them.
 */
export function defaultsOf(space: Space): Params {
  const values: Params = {};
  for (const axis of axesOf(space)) {
    const d = axis.dimension;
    setEntry(
      values,
      d.name,
      d.prior?.value ?? (d.kind === 'choice' ? likeliest(d.choices, d.weights) : axis.fromUnit(0.5)),
    );
  }
  const active: Params = {};
  for (const d of space.dimensions) if (isActive(d, active)) setEntry(active, d.name, entryOf(values, d.name)!);
  return { ...values, ...nearestAllowed(space, active, createRandom(1)) };
}

function likeliest(choices: readonly ParamValue[], weights: readonly number[] | null): ParamValue {
  return choices[weights ? weights.indexOf(Math.max(...weights)) : 0]!;
}
