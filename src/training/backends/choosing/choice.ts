/**
 * Chooses the backend of a network when the file says `auto`: if several work, the one with the fastest step of this
 * very network. Each backend is timed in its own process, once per shape of network, and the result is saved. All
 * trials of a search use the same backend, so that they are comparable; a resumed run keeps its own.
 */
import { createHash } from 'node:crypto';
import { link, mkdir, mkdtemp, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { cpus, hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { writeWhole } from '../../../files/whole.js';
import type { Layer, Network } from '../../../experiment/network/index.js';
import { BackendId } from '../../../protocol/engine/index.js';
import type { Dataset } from '../../data/types.js';
import { runCommand } from '../../files/command.js';
import { withLock } from '../../files/lock.js';
import { backendsFolder } from '../folder.js';
import { chooseBackend, requestedBackend, workingBackends } from '../index.js';
import { ANSWER, trainerEntry } from './probe.js';
import type { BackendModule } from '../types.js';

export interface Choice {
  backend: BackendModule;
  /** Reason for the run's record; null when there was no choice. */
  why: string | null;
}

/** Context of the choice. */
export interface ChoiceContext {
  /** Folder of the run, if it has one, where the backend is saved for the next launch. */
  folder: string | null;
  search: string | null;
  /** Backends to choose from; default: all that work here. */
  candidates?: BackendModule[];
}

/** A line to display. A run's folder may come from anywhere, so control characters are rejected. */
const Line = z
  .string()
  .max(1000)
  .regex(/^\P{Cc}*$/u);
const Kept = z.object({ backend: BackendId, why: Line.nullable(), network: Line });
type Kept = z.infer<typeof Kept>;

export const Milliseconds = z.object({ milliseconds: z.number().positive() });

/** Task for a process that times a backend. */
export interface TimingTask {
  network: Network;
  data: Pick<Dataset, 'task' | 'inputShape' | 'outputs'> & { classes: number | null; examples: number };
}

const RUN_FILE = 'backend.json';
/** Timeout in milliseconds; a backend that takes longer is excluded. */
const TIMEOUT_MS = 20_000;
/** Age in days at which a saved choice is deleted. */
const KEEP_DAYS = 90;

const choicesFolder = (): string => join(backendsFolder(), 'choices');
const digest = (value: unknown): string =>
  createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 20);

/** Returns what is known without timing; null: call `timeBackends`. Throws when the requested backend can't be used. */
export async function knownChoice(network: Network, context: ChoiceContext): Promise<Choice | null> {
  const requested = requestedBackend(network.backend);
  if (requested !== null) return { backend: await chooseBackend(requested), why: null };
  const candidates = context.candidates ?? (await workingBackends());
  const find = findIn(candidates);
  const before = context.folder === null ? null : await read(join(context.folder, RUN_FILE));
  const own = before && find(before.backend);
  if (own) return { backend: own, why: before.why };
  if (candidates.length === 1) return { backend: candidates[0]!, why: null };
  const ofSearch = context.search === null ? null : await read(searchPath(context.search));
  const searched = ofSearch && find(ofSearch.backend);
  // The search's choice is not saved for the shape, but the shape's choice is saved for the search.
  if (searched) return { backend: searched, why: ofSearch.why };
  const kept = await read(shapePath(network, candidates));
  return kept && find(kept.backend) ? choiceOf(await taken(kept, context.search, find), find) : null;
}

type Find = (id: BackendId) => BackendModule | null;
const findIn =
  (candidates: readonly BackendModule[]): Find =>
  (id) =>
    candidates.find((one) => one.id === id) ?? null;
const choiceOf = ({ backend, why }: Kept, find: Find): Choice => ({ backend: find(backend)!, why });

/** Times a step on each backend, unless another run is doing so. */
export async function timeBackends(
  network: Network,
  dataset: Dataset,
  context: ChoiceContext & { signal: AbortSignal; onProgress(text: string): void },
): Promise<Choice> {
  await mkdir(choicesFolder(), { recursive: true });
  const lock = join(choicesFolder(), 'timing.lock');
  const onWait = () => context.onProgress('waiting for another run, which times the backends');
  return withLock(lock, { signal: context.signal, onWait }, async () => {
    const known = await knownChoice(network, context);
    if (known) return known;
    const candidates = context.candidates ?? (await workingBackends());
    const times: { backend: BackendModule; milliseconds: number | null }[] = [];
    for (const backend of candidates) {
      context.onProgress(`timing a step on ${backend.name}`);
      times.push({ backend, milliseconds: await timeInChild(backend.id, taskOf(network, dataset), context.signal) });
    }
    const timed = times.flatMap(({ backend, milliseconds }) =>
      milliseconds === null ? [] : [{ backend, milliseconds }],
    );
    timed.sort((a, b) => a.milliseconds - b.milliseconds);
    const backend = timed[0]?.backend ?? candidates[0]!;
    const figures = timed.map((one) => `${one.backend.id} ${one.milliseconds.toPrecision(3)} ms per step`);
    const out = times.flatMap((one) => (one.milliseconds === null ? [`${one.backend.id} too slow or failing`] : []));
    const why = `the fastest for this network: ${[...figures, ...out].join(', ')}`;
    const kept = { backend: backend.id, why, network: describe(network, dataset) };
    await keep(shapePath(network, candidates), kept);
    await forgetOld();
    const find = findIn(candidates);
    return choiceOf(await taken(kept, context.search, find), find);
  });
}

/** Saves the choice for the run's next launch. */
export async function noteChoice({ backend, why }: Choice, folder: string): Promise<void> {
  await keep(join(folder, RUN_FILE), { backend: backend.id, why, network: '' });
}

/** Returns the backend of the run's previous launch; null: this is the first. */
export async function notedBackend(folder: string): Promise<BackendId | null> {
  return (await read(join(folder, RUN_FILE)))?.backend ?? null;
}

/** Returns the most recent choices, one line each. */
export async function latestChoices(count: number): Promise<string[]> {
  const folder = choicesFolder();
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.startsWith('shape-'));
  const dated = await Promise.all(
    names.map(async (name) => ({ name, at: (await stat(join(folder, name)).catch(() => null))?.mtimeMs ?? 0 })),
  );
  dated.sort((a, b) => b.at - a.at);
  const kept = await Promise.all(dated.slice(0, count).map(({ name }) => read(join(folder, name))));
  return kept.flatMap((one) => (one ? [`${one.network}: ${one.why}`] : []));
}

/** Returns the file that holds the choice of a shape of network. */
function shapePath(network: Network, candidates: BackendModule[]): string {
  const machine = [
    hostname(),
    cpus().length,
    cpus()[0]?.model,
    process.version,
    process.env.TUNESMITH_VERSION,
    process.env.CUDA_VISIBLE_DEVICES,
    candidates.map((backend) => [backend.id, backend.fingerprint()]),
  ];
  return join(choicesFolder(), `shape-${digest([machine, shapeOf(network)])}.json`);
}

/** Returns the search's file, the same for all trials, whichever GPU each has and whatever is installed meanwhile. */
const searchPath = (search: string): string => join(choicesFolder(), `search-${digest([hostname(), search])}.json`);

/**
 * Returns everything that determines the time of a step. Sizes count only by power of two, and settings that cost the
 * same everywhere not at all, so that small changes don't require new timing.
 */
function shapeOf({ layers, optimizer, batchSize, loss, data }: Network): unknown {
  return round({ layers, batchSize, data, optimizer: optimizer.name, loss: loss.name });
}

function round(value: unknown): unknown {
  if (typeof value === 'number') return value >= 2 ? 2 ** Math.round(Math.log2(value)) : value > 0 ? 1 : 0;
  if (Array.isArray(value)) return value.map(round);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, round(inner)]));
}

function describe({ layers, batchSize }: Network, { name, inputShape }: Dataset): string {
  const word = (layer: Layer): string => {
    const { units, filters } = layer as { units?: number; filters?: number };
    return [layer.type, units ?? filters].filter((part) => part !== undefined).join(' ');
  };
  const words = layers.map(word);
  const shown = words.length > 8 ? [...words.slice(0, 7), `… ${words.at(-1)}`] : words;
  return `${shown.join(', ')} on ${name} (${inputShape.join('×')}), batches of ${batchSize}`;
}

function taskOf(network: Network, { task, inputShape, outputs, classes, train }: Dataset): TimingTask {
  return { network, data: { task, inputShape, outputs, classes: classes && classes.length, examples: train.count } };
}

/** Returns the time of a step in milliseconds; null when it fails or takes too long. */
export async function timeInChild(
  id: BackendId,
  task: TimingTask,
  signal: AbortSignal,
  entry = trainerEntry(),
  timeoutMs = TIMEOUT_MS,
): Promise<number | null> {
  const folder = await mkdtemp(join(tmpdir(), 'tunesmith-timing-'));
  try {
    const path = join(folder, 'task.json');
    await writeFile(path, JSON.stringify(task));
    const { code, stdout } = await runCommand(process.execPath, [entry, '--time-backend', id, path], {
      env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
      signal,
      timeoutMs,
    });
    const answer = stdout.split('\n').find((line) => line.startsWith(ANSWER));
    if (code !== 0 || !answer) return null;
    return Milliseconds.parse(JSON.parse(answer.slice(ANSWER.length))).milliseconds;
  } catch (error) {
    if (signal.aborted) throw error;
    return null;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function read(path: string): Promise<Kept | null> {
  try {
    return Kept.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    return null;
  }
}

async function keep(path: string, kept: Kept): Promise<void> {
  try {
    await writeWhole(path, JSON.stringify(kept), { sync: false });
  } catch {
    // It is timed again next time.
  }
}

/** Saves the choice for the search's trials, unless another trial was faster; returns the one in force. */
async function taken(kept: Kept, search: string | null, find: Find): Promise<Kept> {
  if (search === null) return kept;
  const path = searchPath(search);
  try {
    const temporary = await beside(path, kept);
    try {
      await link(temporary, path);
    } catch {
      const first = await read(path);
      if (first && find(first.backend)) return first;
      // The file is damaged or names a removed backend, or the file system has no links.
      await rename(temporary, path);
    } finally {
      await rm(temporary, { force: true });
    }
  } catch {
    // The choice can't be saved.
  }
  return kept;
}

let written = 0;

/** Writes a temporary file beside `path` with the content and returns its name. */
async function beside(path: string, kept: Kept): Promise<string> {
  const temporary = `${path}.${process.pid}.${++written}`;
  await writeFile(temporary, JSON.stringify(kept));
  return temporary;
}

async function forgetOld(): Promise<void> {
  const folder = choicesFolder();
  for (const name of await readdir(folder).catch(() => [])) {
    const path = join(folder, name);
    const age = Date.now() - ((await stat(path).catch(() => null))?.mtimeMs ?? Date.now());
    if (name.endsWith('.json') && age > KEEP_DAYS * 24 * 3_600_000) await rm(path, { force: true });
  }
}
