/** Checkpoints of Hugging Face's Trainer: `trainer_state.json` contains everything logged until then. */
import * as path from 'node:path';
import { readSmall } from '../bytes.js';
import { flatten, metricOf, parsePython } from '../plain.js';
import { labelsOf, type Format, type FoundRun, type Place, type Reader, type Sink } from '../types.js';

const STATE = 'trainer_state.json';
const CHECKPOINT = /^checkpoint-(\d{1,15})$/;
const LARGEST = 64 * 2 ** 20;
const MOST_ENTRIES = 2_000_000;
/** Facts of the state that are shown. */
const FACTS = [
  'best_metric',
  'best_model_checkpoint',
  'num_train_epochs',
  'max_steps',
  'train_batch_size',
  'total_flos',
];

export const transformers: Format = {
  id: 'transformers',
  title: 'Hugging Face Trainer',
  find(listings) {
    const found = new Map<string, { folder: string; files: [step: number, file: string][] }>();
    for (const listing of listings.filter(({ files }) => files.includes(STATE))) {
      const checkpoint = CHECKPOINT.exec(path.basename(listing.path));
      const folder = checkpoint ? path.dirname(listing.path) : listing.path;
      const run = found.get(folder) ?? { folder, files: [] };
      found.set(folder, run);
      // The state next to the checkpoints is written last.
      run.files.push([checkpoint ? Number(checkpoint[1]) : Infinity, path.join(listing.path, STATE)]);
    }
    return [...found.values()].map(({ folder, files }) => runOf(folder, files));
  },
};

function runOf(folder: string, files: [number, string][]): FoundRun {
  const newest = files.sort(([a], [b]) => a - b).at(-1)![1];
  return {
    format: 'transformers',
    path: folder,
    inner: '',
    ...labelsOf(folder),
    files: [newest],
    open: () => new StateReader(newest),
  };
}

export class StateReader implements Reader {
  constructor(private readonly file: string) {}

  read(place: Place | null, sink: Sink): { place: Place; more: boolean } {
    const { entries = 0 } = (place ?? {}) as { entries?: number };
    let state: Record<string, unknown>;
    try {
      const read: unknown = parsePython(readSmall(this.file, LARGEST));
      state = typeof read === 'object' && read !== null ? (read as Record<string, unknown>) : {};
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== undefined) throw error;
      // It may be written just now.
      sink.warning(`${STATE}: ${(error as Error).message}`.slice(0, 300));
      return { place: { entries }, more: false };
    }
    const history = Array.isArray(state.log_history) ? (state.log_history as unknown[]).slice(0, MOST_ENTRIES) : [];
    for (const entry of history.slice(entries)) handEntry(entry, sink);
    if (history.length > entries) {
      const facts = Object.fromEntries(
        FACTS.filter((name) => Object.hasOwn(state, name)).map((name) => [name, state[name]]),
      );
      sink.info(flatten(facts).params);
      if (state.trial_params) sink.params(flatten(state.trial_params).params);
    }
    return { place: { entries: Math.max(entries, history.length) }, more: false };
  }
}

function handEntry(entry: unknown, sink: Sink): void {
  if (typeof entry !== 'object' || entry === null) return;
  const values = entry as Record<string, unknown>;
  const finite = (value: unknown): number | null =>
    typeof value === 'number' && Number.isFinite(value) ? value : null;
  const epoch = finite(values.epoch);
  for (const [name, value] of Object.entries(values)) {
    const number = metricOf(value);
    if (name === 'step' || name === 'epoch' || name === '' || number === null) continue;
    sink.scalar(name, number, finite(values.step), NaN, epoch ?? undefined);
  }
}
