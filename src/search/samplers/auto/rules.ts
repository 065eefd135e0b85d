/**
 * Which sampler `auto` takes, and why, in one line. A function of the facts alone, so that it may change its mind as a
 * search grows, is extended or restored.
 *
 * The portfolio of a Gaussian process, CMA-ES and TPE (portfolio.ts) was better than each of them on tasks of its own
 * (those named in tpe.ts; several objectives: Fonseca-Fleming, Kursawe, Viennet, two made-up ones): with few trials as
 * good as the Gaussian process where the landscape is smooth, as good as the other two where it is rough or noisy.
 * Which of them gets how much is found out in the search itself. It leaves the Gaussian process out where trials are
 * so short that its thinking would hold them up.
 */
import type { Facts } from './facts.js';

export type Choice = 'grid' | 'sobol' | 'portfolio';
export interface Decision {
  choice: Choice;
  /** What of the search speaks for it. */
  because: string;
}

/** With no more trials than this, there is nothing to learn from for most of the search. */
const FEW = 6;
/** Points of which all are tried when nobody said how many trials there will be. */
const SMALL = 64;
/** A search has at least this many trials for each worker, or its results come too late to learn from. */
const ROUNDS = 2;

export function decide(facts: Facts): Decision {
  const { points, planned, workers, parameters } = facts;
  if (parameters === 0) return { choice: 'grid', because: 'there is nothing to choose' };
  if (points <= (planned ?? SMALL)) {
    return { choice: 'grid', because: `the space has ${plural(points, 'point')}, and all of them are tried` };
  }
  if (planned !== null && planned <= FEW) {
    return { choice: 'sobol', because: `${plural(planned, 'trial')} are too few to learn from` };
  }
  if (planned !== null && planned <= ROUNDS * workers) {
    const because = `with ${workers} of ${planned} trials at a time, results come too late to learn from`;
    return { choice: 'sobol', because };
  }
  return { choice: 'portfolio', because: kindOf(facts) };
}

function kindOf({ points, conditional, choices, parameters, objectives }: Facts): string {
  const goals = objectives > 1 ? `${objectives} objectives, ` : '';
  if (conditional) return `${goals}some parameters depend on others`;
  if (choices > 0) {
    return `${goals}${choices} of ${plural(parameters, 'parameter')} ${choices === 1 ? 'is a choice' : 'are choices'}`;
  }
  return goals + (Number.isFinite(points) ? `${points} points` : plural(parameters, 'numeric parameter'));
}

function plural(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
