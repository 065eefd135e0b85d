/** Trained networks that a `network:` section refers to, checked and chosen when the run is made. */
import { existsSync } from 'node:fs';
import * as path from 'node:path';
import type { Fault, Path } from '../file/source.js';
import type { Network, TrainedSource } from '../network/index.js';
import type { Experiment, PlanContext } from '../types.js';
import { l10n } from '../../format/l10n.js';

interface Choosing {
  experiment: Experiment;
  /** Absolute folder of the experiment file. */
  folder: string;
  runs: PlanContext['runs'];
}

/** Replaces `best: true` by the run that is the best now, and reports runs and files that are not there. */
export function chooseTrained(
  network: Network,
  written: unknown,
  choosing: Choosing,
  report: (at: Path, fault: Fault) => void,
): void {
  for (const { at, holder } of placesOf(network)) {
    if (!holder) continue;
    const own = at.reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], written);
    const detailed = typeof own === 'object' && own !== null;
    const found = chosen(holder.source, choosing);
    if ('source' in found) holder.source = found.source;
    else report(['network', ...at, ...(detailed ? [found.at] : [])], found.fault);
  }
}

/** Settings that name a trained network, with the path to the name. */
function placesOf({ from, distil }: Network): { at: string[]; holder: { source: TrainedSource } | null }[] {
  return [
    { at: ['from'], holder: from },
    { at: ['distil', 'teacher'], holder: distil },
  ];
}

function chosen(
  source: TrainedSource,
  { experiment, folder, runs }: Choosing,
): { source: TrainedSource } | { at: string; fault: Fault } {
  if (source.kind === 'file') {
    const file = path.resolve(folder, source.file);
    return existsSync(file) ? { source } : { at: 'file', fault: { message: l10n.t('there is no file {0}', file) } };
  }
  if (!runs) return { source };
  if (source.kind === 'run') {
    if (runs.has(source.run)) return { source };
    return {
      at: 'run',
      fault: {
        message: l10n.t('there is no run {0} in this workspace', JSON.stringify(source.run)),
        hint: l10n.t('tunesmith ls shows the ids'),
      },
    };
  }
  const name = source.experiment;
  const run = runs.best(name === null ? { file: experiment.file } : { experiment: name });
  if (run !== null) return { source: { kind: 'run', run, fold: source.fold } };
  return {
    at: name === null ? 'best' : 'experiment',
    fault: {
      message: l10n.t(
        'no run of {0} has completed with a value of its objective',
        name === null ? l10n.t('this experiment') : JSON.stringify(name),
      ),
      hint: l10n.t('run it first, or name a run or a file'),
    },
  };
}
