/** Decides which folders of event files are one run. */
import { labelsOf, type FoundRun, type Listing } from '../types.js';
import { join } from 'node:path';
import { TensorBoardReader, type Part } from './read.js';

/** `events.out.tfevents.<seconds>.<host>.<pid>.<n>[suffix]`; other writers leave the end out. */
const EVENT_FILE = /(?:^|\.)tfevents\./;
/** Folders in which Keras and estimators keep data of the run above. */
const SPLITS = new Set(['train', 'training', 'validation', 'valid', 'val', 'eval', 'evaluation', 'test']);
/** SummaryWriter.add_hparams makes a folder named after the time. */
const HPARAMS_FOLDER = /^\d{9,11}\.\d+$/;
/** Files of one run. */
const MOST_FILES = 1000;

interface Logs {
  listing: Listing;
  files: string[];
}

/**
 * A folder with event files is a run. Two kinds are part of the run of the folder above: SummaryWriter's folders of
 * `add_hparams` and `add_scalars` (the same process wrote there), and sibling folders such as `train` and `validation`.
 */
export function findTensorBoard(listings: readonly Listing[]): FoundRun[] {
  const all = new Map<string, Logs>();
  for (const listing of listings) {
    const files = listing.files.filter((name) => EVENT_FILE.test(name));
    if (files.length > 0) all.set(listing.relative, { listing, files: files.slice(0, MOST_FILES) });
  }
  const byPath = new Map(listings.map((listing) => [listing.relative, listing]));
  const runs = new Map<string, { listing: Listing; parts: Part[] }>();
  for (const [relative, logs] of all) {
    const owner = ownerOf(relative, logs, all, byPath);
    const listing = byPath.get(owner) ?? logs.listing;
    const run = runs.get(listing.relative) ?? { listing, parts: [] };
    runs.set(listing.relative, run);
    const inside = relative === listing.relative ? '' : relative.slice(listing.relative.length).replace(/^\//, '');
    const prefix = inside === '' || HPARAMS_FOLDER.test(inside) ? '' : `${inside}/`;
    for (const name of logs.files)
      run.parts.push({ file: join(logs.listing.path, name), key: join(inside, name), prefix });
  }
  return [...runs.values()].map(({ listing, parts }) => {
    return {
      format: 'tensorboard',
      path: listing.path,
      inner: '',
      ...labelsOf(listing.path),
      files: parts.map(({ file }) => file),
      open: () => new TensorBoardReader(parts),
    };
  });
}

function ownerOf(
  relative: string,
  logs: Logs,
  all: ReadonlyMap<string, Logs>,
  byPath: ReadonlyMap<string, Listing>,
): string {
  if (relative === '') return relative;
  const name = nameOf(relative).toLowerCase();
  const above = aboveOf(relative)!;
  const isSplit = SPLITS.has(name);
  const beside = byPath.get(above)?.folders ?? [];
  // Only splits are next to it: the run is the folder above, which has no event files itself.
  if (isSplit && !all.has(above) && beside.every((folder) => SPLITS.has(folder.toLowerCase()))) return above;
  let upper: string | null = above;
  while (upper !== null && !all.has(upper)) upper = aboveOf(upper);
  if (upper === null) return relative;
  const parent = all.get(upper)!;
  const isNear = upper === above && (isSplit || HPARAMS_FOLDER.test(name));
  const isPart = isNear || logs.files.some((file) => sameProcess(file, parent.files));
  return isPart ? ownerOf(upper, parent, all, byPath) : relative;
}

const nameOf = (relative: string): string => relative.slice(relative.lastIndexOf('/') + 1);

/** The folder above; null above the first. */
function aboveOf(relative: string): string | null {
  return relative === '' ? null : relative.slice(0, Math.max(0, relative.lastIndexOf('/')));
}

/** Returns whether a process that wrote one of `files` wrote this file: most writers put host and process number in the name. */
function sameProcess(file: string, files: readonly string[]): boolean {
  const writer = writerOf(file);
  return writer !== null && files.some((other) => writerOf(other) === writer);
}

/** Host and process number; the host alone where the writer (tensorboardX) gives no more. */
function writerOf(file: string): string | null {
  const [, writer = ''] = /tfevents\.\d+\.(.+?)(?:\.v2)?$/.exec(file) ?? [];
  return /^(.+\.\d+)\.\d+$/.exec(writer)?.[1] ?? (writer || null);
}
