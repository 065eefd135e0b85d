/** Messages of a training about its network and its results. */
import type { RunClient } from '../../client/index.js';
import type { Part } from '../../experiment/network/index.js';
import { entryOf, hasEntry } from '../../protocol/values/records.js';
import { escapeUnsafe } from '../../protocol/values/shownText.js';
import type { Dataset } from '../data/index.js';
import type { CrossValidation } from '../evaluation/crossValidation.js';
import { rangesOf } from '../parts.js';
import { scaleNotes, tableText, type Trained } from '../transfer/index.js';
import type { Training } from './train.js';
import { inEnglish, said } from '../../format/said.js';
import type { Said } from '../../protocol/said.js';

/** Lists the parts of a network with their layers and numbers of weights. */
export function partsText(parts: readonly Part[], { model }: Training): Said {
  const each = rangesOf(parts).map(({ name, from, to }) => {
    const layers = model.layers.slice(from, to);
    const weights = layers.flatMap((layer) => layer.weights).reduce((sum, { variable }) => sum + variable.size, 0);
    return `${name} (${layers.map((layer) => layer.name).join(', ')}; ${weights} weights)`;
  });
  return said('parts: {0}', each.join('; '));
}

/** Tells what the network begins with, and what may be wrong with it. */
export function sayStart(run: RunClient, start: Trained, training: Training, dataset: Dataset): void {
  for (const note of [...start.notes, ...scaleNotes(start, dataset)]) run.message('warning', note);
  const { matched, left } = training.begun!;
  const taken = matched.filter(({ from }) => from !== null).length;
  const text = said(
    'starts from {0}: {1} of {2} weights come from it, {3} of its weights are left',
    start.source,
    taken,
    matched.length,
    left.length,
  );
  run.message('info', text);
  console.log(`${inEnglish(text)}\n${tableText(training.begun!).map(escapeUnsafe).join('\n')}`);
}

/** Tells mean and deviation of the metrics over the folds. */
export function sayFinal(run: RunClient, folds: CrossValidation): void {
  const { final } = folds;
  const figures = Object.keys(final).filter((name) => hasEntry(final, `${name}_std`));
  const text = figures.map(
    (name) => `${name} ${entryOf(final, name)!.toPrecision(4)} ± ${final[`${name}_std`]!.toPrecision(2)}`,
  );
  const line = said('mean and standard deviation over {0} folds: {1}', folds.trainings.length, text.join(', '));
  run.message('info', line);
  console.log(inEnglish(line));
}
