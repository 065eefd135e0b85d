/**
 * Decides which sampler `auto` uses, and gives the reason in one line. The decision is a function of the facts alone,
 * so it can change as a search grows, is extended or restored.
 *
 * The portfolio of a Gaussian process, CMA-ES and TPE (portfolio.ts) beat each of them on tasks of its own (those named
 * in tpe.ts; with several objectives: Fonseca-Fleming, Kursawe, Viennet, two made-up ones): with few trials it was as
 * good as the Gaussian process where the landscape is smooth, and as good as the other two where it is rough or noisy.
 * The search itself determines how many trials each of them gets. The portfolio leaves the Gaussian process out if
 * trials are so short that its computation would hold them up.
 */
import type { Facts } from './facts.js';

export type Choice = 'grid' | 'sobol' | 'portfolio';
export interface Decision {
  choice: Choice;
  /** Properties of the search that justify the choice. */
  because: string;
}

/** Number of trials up to which there is nothing to learn from for most of the search. */
const FEW = 6;
/** Number of points that are all tried if the number of trials is unknown. */
const SMALL = 64;
/** Minimum number of trials per worker; with fewer, results come too late to learn from. */
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
