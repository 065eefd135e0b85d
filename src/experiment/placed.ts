/** Puts an experiment on the place that a person has chosen beside its file. */
import type { z } from 'zod';
import { CLUSTER_KINDS, type ClusterKind } from '../protocol/run/cluster.js';
import type { FileProblem } from '../protocol/engine/index.js';
import type { Placing } from '../protocol/engine/placing.js';
import { CLUSTER_SECTIONS, clusterNeed, uselessKeys } from './cluster.js';
import { readingOf } from './file/read.js';
import type { Path } from './file/source.js';
import type { Experiment } from './types.js';
import { l10n } from '../format/l10n.js';

/** A fault and the key of the file that it is about. */
export interface PlacedFault {
  at: Path;
  message: string;
  hint?: string;
}

/**
 * Sets the cluster of an experiment that was just parsed: the file's, or the chosen one, with the person's defaults below what
 * the file says. Returns why it can't be run there.
 */
export function placeExperiment(experiment: Experiment, { on, defaults = {} }: Placing): FileProblem[] {
  const written = readingOf(experiment)?.written;
  if (!written) return [];
  const faults: PlacedFault[] = [];
  const place = on ?? written.on ?? 'local';
  const merged = { ...written, on: place };
  if (place !== 'local') {
    const own = defaultsOf(place, defaults, faults);
    Object.assign(merged, { [place]: { ...own, ...(written[place] as object | undefined) } });
  }
  const cluster = clusterNeed(merged);
  if (cluster) experiment.cluster = cluster;
  else delete experiment.cluster;
  for (const { at, message, isError } of uselessKeys(merged)) if (isError) faults.push({ at, message });
  return problemsAt(experiment, faults);
}

/** Returns the problems with the lines and columns of their keys, or of `on` where the file does not have the key. */
export function problemsAt(experiment: Experiment, faults: readonly PlacedFault[]): FileProblem[] {
  const source = readingOf(experiment)?.source;
  if (!source) return [];
  return faults.map(({ at, message, hint }) => {
    const path = [at, ['on']].find((each) => source.nodeAt(each) !== undefined) ?? [];
    return source.problemAt(source.rangeOf(path), { message, ...(hint !== undefined && { hint }) });
  });
}

function defaultsOf(kind: ClusterKind, all: NonNullable<Placing['defaults']>, faults: PlacedFault[]): object {
  const given = all[kind];
  if (given === undefined || !CLUSTER_KINDS.includes(kind)) return {};
  const parsed = (CLUSTER_SECTIONS[kind] as z.ZodType<object>).safeParse(given);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  const key = ['clusters', kind, ...issue.path].join('.');
  faults.push({ at: ['on'], message: l10n.t('your setting {0} is not valid: {1}', key, issue.message) });
  return {};
}
