/** DVCLive's folders, and the parameters and metrics that a `dvc.yaml` names. */
import * as path from 'node:path';
import { entryOf } from '../../protocol/values/records.js';
import { insideOf, readSmall } from '../bytes.js';
import { flattenJson, flattenYaml, type Flat } from '../plain.js';
import { handRow } from '../tables/index.js';
import { readTable, TABLE_START, type TablePlace } from '../tables/table.js';
import { labelsOf, type Format, type FoundRun, type Listing, type Place, type Reader, type Sink } from '../types.js';

const MOST_FILES = 2000;
const LARGEST = 2 ** 20;
const METRICS = `${path.sep}plots${path.sep}metrics${path.sep}`;

export const dvclive: Format = {
  id: 'dvclive',
  title: 'DVCLive',
  find(listings) {
    const byPath = new Map(listings.map((listing) => [listing.path, listing]));
    const tables = new Map<string, string[]>();
    for (const { path: folder, files } of listings) {
      const at = `${folder}${path.sep}`.lastIndexOf(METRICS);
      if (at < 0) continue;
      const own = tables.get(folder.slice(0, at)) ?? [];
      tables.set(folder.slice(0, at), own);
      for (const name of files) if (name.endsWith('.tsv') && own.length < MOST_FILES) own.push(path.join(folder, name));
    }
    return [...tables].flatMap(([folder, files]) => {
      const listing = byPath.get(folder);
      return listing && files.length > 0 ? [liveRun(listing, folder + METRICS, files)] : [];
    });
  },
};

function liveRun(listing: Listing, metrics: string, tables: string[]): FoundRun {
  const params = listing.files.includes('params.yaml') ? path.join(listing.path, 'params.yaml') : null;
  return {
    format: 'dvclive',
    path: listing.path,
    inner: '',
    ...labelsOf(listing.path),
    files: tables,
    open: () => new LiveReader(metrics, tables, params),
  };
}

class LiveReader implements Reader {
  constructor(
    private readonly metrics: string,
    private readonly tables: readonly string[],
    private readonly params: string | null,
  ) {}

  read(place: Place | null, sink: Sink, budget = Infinity): { place: Place; more: boolean } {
    const places = new Map(Object.entries((place?.tables ?? {}) as Record<string, TablePlace>));
    let left = budget;
    let more = false;
    for (const file of this.tables) {
      const key = path.relative(this.metrics, file).split(path.sep).join('/');
      const name = key.replace(/\.tsv$/, '');
      // The column has the last part of the name only.
      const own: Sink = Object.create(sink, {
        scalar: { value: (_: string, ...rest: [number, number | null, number, number?]) => sink.scalar(name, ...rest) },
      }) as Sink;
      const read = readTable(file, places.get(key) ?? TABLE_START, Math.max(1, left), (cells, columns, index) =>
        handRow(cells, columns, index, own),
      );
      places.set(key, read.place);
      left -= read.read;
      more ||= read.more;
    }
    const params = this.params === null ? '' : handParams(this.params, String(place?.params ?? ''), sink);
    return { place: { tables: Object.fromEntries(places), params }, more };
  }
}

export const dvc: Format = {
  id: 'dvc',
  title: 'DVC',
  find: (listings) =>
    listings
      .filter(({ files }) => files.includes('dvc.yaml') && files.includes('params.yaml'))
      .map((listing) => ({
        format: 'dvc' as const,
        path: path.join(listing.path, 'dvc.yaml'),
        inner: '',
        ...labelsOf(listing.path),
        files: [path.join(listing.path, 'params.yaml')],
        open: () => new DvcReader(listing.path),
      })),
};

/** The state of the workspace as DVC sees it: values of the parameter files and of the metric files, once per change. */
class DvcReader implements Reader {
  constructor(private readonly folder: string) {}

  read(place: Place | null, sink: Sink): { place: Place; more: boolean } {
    const { count = 0, metrics: known = '' } = (place ?? {}) as { count?: number; metrics?: string };
    const params = handParams(path.join(this.folder, 'params.yaml'), String(place?.params ?? ''), sink);
    const values: Record<string, number> = {};
    for (const file of this.metricFiles(sink)) {
      for (const [name, value] of Object.entries(flatOf(file)?.params ?? {})) {
        if (typeof value === 'number')
          Object.defineProperty(values, name, { value, enumerable: true, configurable: true });
      }
    }
    const text = JSON.stringify(values);
    if (text === known || text === '{}') return { place: { count, metrics: known, params }, more: false };
    for (const name of Object.keys(values)) sink.scalar(name, entryOf(values, name)!, count, NaN);
    return { place: { count: count + 1, metrics: text, params }, more: false };
  }

  /** Files that `dvc.yaml` names as metrics, at its top and in its stages; only those in its folder. */
  private metricFiles(sink: Sink): string[] {
    let flat: Flat;
    try {
      flat = flattenYaml(readSmall(path.join(this.folder, 'dvc.yaml'), LARGEST));
    } catch (error) {
      sink.warning(`dvc.yaml: ${(error as Error).message}`.slice(0, 300));
      return [];
    }
    const named = Object.entries(flat.params)
      .filter(([name]) => name === 'metrics' || /^stages\..*\.metrics$/.test(name))
      .flatMap(([, value]) => (Array.isArray(value) ? value : [value]))
      .filter((value): value is string => typeof value === 'string');
    return named.slice(0, 100).flatMap((name) => insideOf(this.folder, name) ?? []);
  }
}

function flatOf(file: string): Flat | null {
  try {
    const text = readSmall(file, LARGEST);
    return file.endsWith('.json') ? flattenJson(text) : flattenYaml(text);
  } catch {
    return null;
  }
}

/** Emits the parameters of a file that has changed; returns its text. */
function handParams(file: string, known: string, sink: Sink): string {
  try {
    const text = readSmall(file, LARGEST);
    if (text === known) return known;
    const { params, floats } = flattenYaml(text);
    if (Object.keys(params).length > 0) sink.params(params, floats);
    return text;
  } catch (error) {
    const why = `${path.basename(file)}: ${(error as Error).message}`.slice(0, 300);
    if (known !== why) sink.warning(why);
    return why;
  }
}
