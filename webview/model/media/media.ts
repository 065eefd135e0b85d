import type { Run } from '../../../src/protocol/engine/index.js';
import { GRAPH_MIME, HISTOGRAM_MIME, PLOT_MIME } from '../../../src/protocol/run/mimes.js';
import type { MediaFile, MediaList, MediaSeries } from '../../../src/protocol/engine/media.js';
import { isLive } from '../values.js';
import { isSceneMime } from '../scene/scene.js';

/** Milliseconds after which the media of a live run are listed again. */
const FRESH_MS = 10_000;
/** Bytes of files that are kept, so that a slider that goes back asks for nothing. */
const MOST_KEPT = 64 * 2 ** 20;
/** Files that are asked for at once. */
const AT_ONCE = 6;

export type MediaKind = 'image' | 'audio' | 'video' | 'text' | 'html' | 'table' | 'histogram' | 'plot' | 'scene' | 'graph' | 'other';

/** Kind of view that a file gets, by its type. */
export function kindOf(mime: string): MediaKind {
  if (mime === HISTOGRAM_MIME) return 'histogram';
  if (mime === PLOT_MIME) return 'plot';
  if (mime === GRAPH_MIME) return 'graph';
  if (isSceneMime(mime)) return 'scene';
  if (mime === 'text/csv' || mime === 'text/tab-separated-values') return 'table';
  if (mime === 'text/html') return 'html';
  if (mime === 'text/plain' || mime === 'text/markdown' || mime === 'application/json') return 'text';
  const [kind] = mime.split('/');
  return kind === 'image' || kind === 'audio' || kind === 'video' ? kind : 'other';
}

/** All files that the runs have logged under one name. */
export interface MediaGroup {
  key: string;
  name: string;
  kind: MediaKind;
  of: { run: Run; series: MediaSeries }[];
  /** All steps of all runs, ascending; files without a step are at the first. */
  steps: number[];
}

/** Groups the media of runs by name and kind; pictures first, then by name. */
export function groupMedia(lists: readonly { run: Run; list: MediaList }[]): MediaGroup[] {
  const groups = new Map<string, MediaGroup>();
  for (const { run, list } of lists) {
    for (const series of list.series) {
      const kind = kindOf(series.mime);
      const key = JSON.stringify([series.name, kind]);
      const group = groups.get(key) ?? { key, name: series.name, kind, of: [], steps: [] };
      groups.set(key, group);
      group.of.push({ run, series });
    }
  }
  for (const group of groups.values()) {
    const steps = new Set(group.of.flatMap(({ series }) => series.steps.map((step) => step ?? 0)));
    group.steps = [...steps].sort((a, b) => a - b);
  }
  const order = (kind: MediaKind): number => ORDER.indexOf(kind);
  return [...groups.values()].sort(
    (a, b) => order(a.kind) - order(b.kind) || a.name.localeCompare(b.name, 'en', { numeric: true }),
  );
}
const ORDER: readonly MediaKind[] = [
  ...(['image', 'video', 'audio', 'scene', 'plot', 'histogram', 'table', 'graph', 'text', 'html', 'other'] as const),
];

/** Returns up to this many places, evenly spaced, always including the last. */
export function sample(places: readonly number[], most: number): number[] {
  if (places.length <= most) return [...places];
  return Array.from({ length: most }, (_, i) => places[Math.round((i * (places.length - 1)) / (most - 1))]!);
}

interface Asks {
  list(id: string): Promise<MediaList>;
  /** `picture`: the path of one in a cell of the table at that place. */
  file(id: string, at: number, picture?: string): Promise<MediaFile | null>;
}

/** Media of runs: lists are asked for when runs are shown, files when they are seen. */
export class MediaOfRuns {
  private readonly lists = new Map<string, { asked: number; endedAt: number | null; list: MediaList | null | undefined }>();
  private readonly files = new Map<string, Promise<MediaFile | null>>();
  private readonly sizes = new Map<string, number>();
  private kept = 0;
  private active = 0;
  private readonly queue: (() => void)[] = [];

  constructor(
    private readonly asks: Asks,
    private readonly onNews: () => void,
  ) {}

  /** Undefined while it is read for the first time; null if it can't be. */
  of(run: Run): MediaList | null | undefined {
    const known = this.lists.get(run.id);
    const isOld = known?.endedAt !== run.endedAt || (isLive(run) && Date.now() - known.asked > FRESH_MS);
    if (!known || isOld) {
      const entry = { asked: Date.now(), endedAt: run.endedAt, list: known?.list };
      this.lists.set(run.id, entry);
      void this.asks
        .list(run.id)
        .catch(() => null)
        .then((list) => {
          entry.list = list;
          this.onNews();
        });
    }
    return this.lists.get(run.id)!.list;
  }

  /** Reads a file, or a picture in a cell of the table that it is; null if it can't be. The newest ones are kept. */
  read(run: string, at: number, picture?: string): Promise<MediaFile | null> {
    const key = picture === undefined ? `${run}/${at}` : `${run}/${at}/${picture}`;
    const known = this.files.get(key);
    if (known) {
      this.files.delete(key);
      this.files.set(key, known);
      return known;
    }
    const reading = this.inTurn(() => this.asks.file(run, at, picture)).catch(() => null);
    this.files.set(key, reading);
    void reading.then((file) => this.keep(key, file?.data?.length ?? 0));
    return reading;
  }

  private keep(key: string, size: number): void {
    this.sizes.set(key, size);
    this.kept += size;
    for (const oldest of this.files.keys()) {
      if (this.kept <= MOST_KEPT || oldest === key) return;
      if (!this.sizes.has(oldest)) continue;
      this.kept -= this.sizes.get(oldest)!;
      this.sizes.delete(oldest);
      this.files.delete(oldest);
    }
  }

  private async inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.active >= AT_ONCE) await new Promise<void>((resolve) => this.queue.push(resolve));
    this.active++;
    try {
      return await work();
    } finally {
      this.active--;
      this.queue.shift()?.();
    }
  }
}

/** Bytes of a file. */
export function bytesOf(data: string): Uint8Array<ArrayBuffer> {
  const text = atob(data);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

export const textOf = (data: string): string => new TextDecoder().decode(bytesOf(data));
