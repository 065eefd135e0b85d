/** The trained network that a training begins with (`network.from`). */
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import type { DistilSettings, FromSettings, TrainedSource } from '../../experiment/network/index.js';
import { RUN_FILES } from '../../protocol/run/runFiles.js';
import { loadModelFile, saveWeights } from '../checkpoints/checkpoint.js';
import { loadSaved } from '../checkpoints/saved.js';
import { PlacedError, TrainingError, messageOf } from '../errors.js';
import { joined, type Joined } from './join.js';
import { trainedOf } from './ours.js';
import { readTrainedFile } from './files/index.js';
import type { Trained } from './types.js';
import { said, verbatim } from '../../format/said.js';
import { Note } from '../../protocol/said.js';

export { composed, divided } from './compose.js';
export { fillModel, tableText, type MatchTable } from './fill.js';
export { scaleNotes } from './scales.js';
export type { Trained } from './types.js';

export interface StartContext {
  /** Folder that relative paths start from: the experiment file's. */
  folder: string;
  /** Folder of the run that begins; its siblings are the other runs. Null: it has none. */
  runFolder: string | null;
}

/** Copies of trained networks in the run's folder, so that the run can resume when the originals are gone. */
const COPIES = {
  start: `${RUN_FILES.checkpoints}/start.safetensors`,
  teacher: `${RUN_FILES.checkpoints}/teacher.safetensors`,
};

/**
 * Loads a trained network. `at` leads to the setting, for errors. Throws PlacedError when it is missing, damaged or of an
 * unknown kind.
 */
export async function loadTrained(
  source: TrainedSource,
  context: StartContext,
  at: readonly string[],
): Promise<Trained> {
  try {
    if (source.kind === 'file') return await readTrainedFile(context.folder, source.file);
    if (source.kind === 'best')
      throw new TrainingError(said('the best run was not chosen when this run was made: start it with Tunesmith'));
    if (context.runFolder === null)
      throw new TrainingError(said('this program has no runs beside it: name a file instead'));
    const folder = join(dirname(context.runFolder), source.run);
    if (!existsSync(folder)) throw new TrainingError(said('there is no run {0}', source.run));
    return trainedOf(await loadSaved(folder, source.fold), `run ${source.run}`);
  } catch (error) {
    if (error instanceof PlacedError) throw error;
    throw new PlacedError(
      [...at, ...(source.kind === 'file' ? [] : [source.kind])],
      error instanceof TrainingError ? error.said : verbatim(messageOf(error)),
    );
  }
}

/** Loads the network that a training begins with, with the parts of other runs in it. */
export function loadStart({ source, join }: FromSettings, context: StartContext): Promise<Trained> {
  const load = async (): Promise<Trained> => {
    const base = await loadTrained(source, context, ['from']);
    const parts: Joined[] = [];
    for (const [i, { run, part }] of join.entries()) {
      const at = ['from', 'join', String(i)];
      parts.push({ part, trained: await loadTrained({ kind: 'run', run, fold: null }, context, at) });
    }
    return joined(base, parts);
  };
  return copied({ source, join }, context, COPIES.start, load);
}

/** Loads the network that teaches another one. */
export function loadTeacher({ source }: DistilSettings, context: StartContext): Promise<Trained> {
  return copied({ source, join: [] }, context, COPIES.teacher, () =>
    loadTrained(source, context, ['distil', 'teacher']),
  );
}

/** Everything that a loaded network was put together from. */
interface Origin {
  source: TrainedSource;
  join: FromSettings['join'];
}

/** A run that begins keeps a copy; one that resumes reads it. */
async function copied(
  origin: Origin,
  context: StartContext,
  name: string,
  load: () => Promise<Trained>,
): Promise<Trained> {
  const copy = context.runFolder === null ? null : join(context.runFolder, name);
  const kept = copy !== null && existsSync(copy) ? await readCopy(copy, origin).catch(() => null) : null;
  if (kept) return kept;
  const trained = await load();
  // A full disk does not matter yet: the original is there.
  if (copy !== null) await writeCopy(copy, origin, trained).catch(() => undefined);
  return trained;
}

/** Metadata of a copy. The layers are checked again when they are built. */
const Copied = z.object({
  source: z.string(),
  layers: z.array(z.looseObject({ type: z.string() })).nullable(),
  aliases: z.array(z.string()),
  inputShape: z.array(z.number().int().min(1)).nullable(),
  data: z.looseObject({}).nullable(),
  notes: z.array(Note),
  parts: z.array(z.object({ name: z.string(), layers: z.number().int().min(0) })).optional(),
});

/** Copies of networks without joined parts have the form of earlier versions. */
const originText = ({ source, join: parts }: Origin): string =>
  JSON.stringify(parts.length > 0 ? { source, join: parts } : source);

async function writeCopy(path: string, origin: Origin, { weights, ...rest }: Trained): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await saveWeights(path, weights, { from: originText(origin), trained: JSON.stringify(rest) });
}

/** Returns null when the copy is of another network, because the run was started again with other values. */
async function readCopy(path: string, origin: Origin): Promise<Trained | null> {
  const { weights, metadata } = await loadModelFile(path);
  if (metadata.from !== originText(origin)) return null;
  const read = Copied.parse(JSON.parse(metadata.trained ?? ''));
  return { ...(read as unknown as Omit<Trained, 'weights'>), weights };
}
