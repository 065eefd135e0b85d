/** The best network of several runs, and the ensemble of them if it is better. */
import type { Network } from '../../experiment/network/index.js';
import { averaged, lossOf, scoreOf, select, type Predictions, type Truth } from './select.js';
import type { Refitted } from './refit.js';
import type { Loaded, Member } from './runs.js';

export interface Found {
  /** Metric of `validation` and `test`: `accuracy` of classes, `r2` of numbers. */
  metric: 'accuracy' | 'r2';
  /** By validation loss, the best first. */
  ranking: { run: string; loss: number; validation: number }[];
  best: { run: string; loss: number; validation: number; test: number | null };
  /** Null: no ensemble has a lower validation loss than the best network. */
  ensemble: {
    members: { run: string; weight: number }[];
    loss: number;
    validation: number;
    test: number | null;
  } | null;
  /** The best network or the ensemble, trained again on all examples but the test's; null: it was not. */
  whole: { members: Refitted['members']; test: number | null } | null;
  /** Score of the most frequent class, or of the mean, on the test part. */
  baseline: number | null;
  examples: { validation: number; test: number };
  network: Network;
  data: { inputShape: number[]; outputs: number; classes: string[] | null };
}

/** Relative decrease of the validation loss from which an ensemble is worth its members. */
const HELPS = 0.002;

export function findBest({ members, validation, test }: Loaded): Found {
  const scored = members
    .map((member) => ({ member, loss: lossOf(member.validation, validation) }))
    .filter(({ loss }) => Number.isFinite(loss))
    .sort((a, b) => a.loss - b.loss);
  const { member: best, loss } = scored[0] ?? { member: members[0]!, loss: NaN };
  const testOf = (predictions: Predictions | null) => (predictions && test ? finite(scoreOf(predictions, test)) : null);
  const counts = select(
    scored.map(({ member }) => member.validation),
    validation,
  );
  const total = counts.reduce((sum, one) => sum + one, 0);
  const chosen = scored.flatMap(({ member }, i) => (counts[i]! > 0 ? [{ member, weight: counts[i]! / total }] : []));
  const { saved } = best.model;
  return {
    metric: validation.classes ? 'accuracy' : 'r2',
    ranking: scored.map((one) => ({
      run: one.member.run,
      loss: one.loss,
      validation: scoreOf(one.member.validation, validation),
    })),
    best: { run: best.run, loss, validation: scoreOf(best.validation, validation), test: testOf(best.test) },
    ensemble: ensembleOf(chosen, validation, loss, testOf),
    whole: null,
    baseline: baselineOf(validation, test, best.validation.width),
    examples: { validation: validation.examples, test: test?.examples ?? 0 },
    network: saved.network,
    data: { inputShape: saved.data.inputShape, outputs: saved.data.outputs, classes: saved.data.classes },
  };
}

function ensembleOf(
  chosen: { member: Member; weight: number }[],
  validation: Truth,
  single: number,
  testOf: (predictions: Predictions | null) => number | null,
): Found['ensemble'] {
  if (chosen.length < 2) return null;
  const mean = (part: 'validation' | 'test') =>
    averaged(chosen.map(({ member, weight }) => ({ ...member[part]!, weight })));
  const judged = mean('validation');
  const loss = lossOf(judged, validation);
  if (!(loss < single * (1 - HELPS))) return null;
  return {
    members: chosen.map(({ member, weight }) => ({ run: member.run, weight })),
    loss,
    validation: scoreOf(judged, validation),
    test: testOf(chosen[0]!.member.test && mean('test')),
  };
}

/** Score on the test part of a prediction that knows only the validation targets. */
function baselineOf(validation: Truth, test: Loaded['test'], width: number): number | null {
  if (!test) return null;
  const means = new Float32Array(width);
  const { targets } = validation;
  if (validation.classes) for (let i = 0; i < targets.length; i++) means[targets[i]!]!++;
  else for (let i = 0; i < targets.length; i++) means[i % width]! += targets[i]! / (targets.length / width);
  const values = new Float32Array(test.examples * width);
  for (let i = 0; i < test.examples; i++) values.set(means, i * width);
  return finite(scoreOf({ values, width }, test));
}

/** Returns the result with that of the networks which were trained again. */
export function withRefitted(found: Found, refitted: Refitted | null, { test }: Loaded): Found {
  if (!refitted) return found;
  const score = refitted.test && test ? finite(scoreOf(refitted.test, test)) : null;
  return { ...found, whole: { members: refitted.members, test: score } };
}

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);
