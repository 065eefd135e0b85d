/** Removes the folders of erased runs on their hosts: all hosts at the same time, and a silent one is waited for only once. */
import { HostError } from './ssh/connection.js';
import { l10n } from '../../format/l10n.js';
import { within } from '../within.js';

/** A run's folder that is still on its host. */
export interface Left {
  id: string;
  host: string;
  why: string;
}

/** A run's folder on a host. */
export interface There {
  id: string;
  host: string;
  /** Tells hosts of one name apart. */
  place: unknown;
  /** Rejects with HostError if the host refuses it, with another error if the host can't be asked. */
  forget(): Promise<void>;
}

/** Time in which a host answers, in ms. */
const FORGET_MS = 15_000;

/** Returns the folders that stay. */
export async function forgetAll(runs: readonly There[], patience = FORGET_MS): Promise<Left[]> {
  const places = [...new Set(runs.map(({ place }) => place))];
  const left = await Promise.all(
    places.map((place) =>
      forgetOn(
        runs.filter((run) => run.place === place),
        patience,
      ),
    ),
  );
  return left.flat();
}

async function forgetOn(runs: readonly There[], patience: number): Promise<Left[]> {
  const left: Left[] = [];
  for (const [i, { id, host, forget }] of runs.entries()) {
    try {
      await inTime(forget(), host, patience);
    } catch (error) {
      const why = (error as Error).message;
      // A host that can't be asked about one of its runs can't be asked about the next one.
      if (!(error instanceof HostError)) return [...left, ...runs.slice(i).map((run) => ({ id: run.id, host, why }))];
      left.push({ id, host, why });
    }
  }
  return left;
}

const inTime = (answer: Promise<void>, host: string, patience: number): Promise<void> =>
  within(answer, patience, () => {
    throw new Error(l10n.t('{0} does not answer', host));
  });
