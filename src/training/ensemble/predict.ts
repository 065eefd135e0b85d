/** Predictions of an ensemble for a person's own files. */
import { csv } from '../../protocol/values/csv.js';
import { writeWhole } from '../../files/whole.js';
import { loadSaved, type Which } from '../checkpoints/saved.js';
import { SavedModel } from '../checkpoints/savedModel.js';
import { prepare, type Prepared } from '../data/prepared.js';
import { TrainingError } from '../errors.js';
import { PredictionTable, type PredictContext } from '../evaluation/predict.js';
import { predictions } from './runs.js';
import { averaged, type Predictions } from './select.js';
import { said } from '../../format/said.js';

export interface Together extends PredictContext {
  members: readonly { id: string; folder: string; weight: number; copies?: number | undefined }[];
  files: readonly string[];
  output: string;
}

/** Returns the networks that stand for a member, which share its weight. */
function networksOf({ copies = 0, ...member }: Together['members'][number]): {
  id: string;
  folder: string;
  weight: number;
  which: Which;
}[] {
  if (copies === 0) return [{ ...member, which: null }];
  return Array.from({ length: copies }, (_, i) => ({
    ...member,
    weight: member.weight / copies,
    which: { copy: i + 1 },
  }));
}

/** Writes a row for every example. Each network sees the files as it was trained to; their outputs are averaged. */
export async function predictTogether(task: Together) {
  const { members, files, folder, batch, signal, onProgress } = task;
  const own: (Predictions & { weight: number })[] = [];
  let first: { model: SavedModel; given: Prepared } | null = null;
  const open: { close(): Promise<void> }[] = [];
  const models: SavedModel[] = [];
  try {
    const networks = members.flatMap(networksOf);
    for (const [i, { id, folder: at, weight, which }] of networks.entries()) {
      signal.throwIfAborted();
      onProgress(i / networks.length, `networks: ${i + 1} of ${networks.length}`);
      const model = new SavedModel(await loadSaved(at, which));
      models.push(model);
      const given = await prepare(model.saved, files, { folder, needTargets: false });
      open.push(given);
      const predicted = await predictions(model, given.examples, batch);
      if (own[0] && (own[0].width !== predicted.width || own[0].values.length !== predicted.values.length)) {
        throw new TrainingError(said('{0} predicts something else than the others of this ensemble', id));
      }
      own.push({ ...predicted, weight });
      first ??= { model, given };
    }
    const { model, given } = first!;
    const { values, width } = averaged(own);
    const table = new PredictionTable(model, given, width);
    const count = values.length / width;
    await writeWhole(task.output, async (file) => {
      await file.write(`${csv(table.columns)}\n`);
      for (let i = 0; i < count; i++) await file.write(`${csv(table.row(i, values, i))}\n`);
    });
    return { examples: count, columns: table.columns, notes: given.notes() };
  } finally {
    for (const model of models) model.dispose();
    for (const each of open) await each.close();
  }
}
