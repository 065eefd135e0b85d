/** MLflow's file store: `mlruns/<experiment>/<run>/` with a file for each metric, parameter and tag. */
import * as path from 'node:path';
import { entryOf } from '../../protocol/values/records.js';
import { FileBytes, readSmall } from '../bytes.js';
import { flattenYaml } from '../plain.js';
import { readLines } from '../textLines.js';
import { MediaBudget } from '../mediaBudget.js';
import type { FoundRun, Listing, Place, Reader, Sink } from '../types.js';
import { walkReal } from '../walk.js';
import { handArtifacts } from './artifacts.js';
import { handTags, handTexts, statusOf } from './values.js';

const META = 'meta.yaml';
const SMALL = 64 * 1024;
const LIMITS = { depth: 12, entries: 20_000 };
const MOST_METRICS = 5000;

export function findStores(listings: readonly Listing[]): FoundRun[] {
  const names = new Map<string, string>();
  return listings
    .filter(({ files, folders }) => files.includes(META) && folders.includes('metrics') && folders.includes('params'))
    .map(({ path: folder }) => {
      const above = path.dirname(folder);
      if (!names.has(above)) names.set(above, String(meta(above).name ?? path.basename(above)));
      const name = String(meta(folder).run_name ?? path.basename(folder));
      return {
        format: 'mlflow' as const,
        path: folder,
        inner: '',
        name,
        experiment: names.get(above)!,
        files: [path.join(folder, META), path.join(folder, 'metrics'), path.join(folder, 'artifacts')],
        open: () => new StoreReader(folder),
      };
    });
}

/** Entries of a `meta.yaml`; none when it can't be read. */
function meta(folder: string): Record<string, unknown> {
  try {
    return flattenYaml(readSmall(path.join(folder, META), SMALL)).params;
  } catch {
    return {};
  }
}

/** How far a run was read. */
interface Known {
  params?: string[];
  tags?: string;
  metrics?: Record<string, number>;
  artifacts?: string[];
}

class StoreReader implements Reader {
  private readonly media = new MediaBudget();

  constructor(private readonly folder: string) {}

  read(place: Place | null, sink: Sink, budget = Infinity): { place: Place; more: boolean } {
    const known = place as Known | null;
    const facts = meta(this.folder);
    const time = (value: unknown): number | undefined => (typeof value === 'number' && value > 0 ? value : undefined);
    const [createdAt, endedAt] = [time(facts.start_time), time(facts.end_time)];
    sink.facts({
      status: statusOf(facts.status),
      ...(createdAt !== undefined && { createdAt }),
      ...(endedAt !== undefined && { endedAt }),
    });
    const params = this.texts('params');
    const seen = new Set(known?.params ?? []);
    handTexts(
      params.filter(([name]) => !seen.has(name)),
      sink,
    );
    const tags = this.texts('tags');
    const told = JSON.stringify(tags);
    if (told !== known?.tags) handTags(tags, sink);
    const metrics = this.metrics(known?.metrics ?? {}, sink, budget);
    const artifacts = handArtifacts(path.join(this.folder, 'artifacts'), known?.artifacts ?? [], this.media, sink);
    return {
      place: {
        ...{ params: params.map(([name]) => name), tags: told, metrics: metrics.places, artifacts: artifacts.names },
      },
      more: metrics.more || artifacts.more,
    };
  }

  private metrics(known: Record<string, number>, sink: Sink, budget: number) {
    const places: [string, number][] = [];
    let left = budget;
    let more = false;
    for (const { name, file } of this.names('metrics').slice(0, MOST_METRICS)) {
      const from = entryOf(known, name) ?? 0;
      const read = left > 0 ? readMetric(file, name, from, left, sink) : { next: from, more: true };
      places.push([name, read.next]);
      left -= read.next - from;
      more ||= read.more;
    }
    return { places: Object.fromEntries(places), more };
  }

  private texts(kind: string): [name: string, text: string][] {
    return this.names(kind).flatMap(({ name, file }) => {
      try {
        return [[name, readSmall(file, SMALL)] as [string, string]];
      } catch {
        return [];
      }
    });
  }

  /** Files below a folder of the run, by their relative paths as names. */
  private names(kind: string): { name: string; file: string }[] {
    return walkReal(path.join(this.folder, kind), LIMITS).flatMap(({ path: folder, relative, files }) =>
      files.map((file) => ({
        name: relative === '' ? file : `${relative}/${file}`,
        file: path.join(folder, file),
      })),
    );
  }
}

/** Lines of time in milliseconds, value and step. */
function readMetric(file: string, name: string, from: number, budget: number, sink: Sink) {
  const bytes = FileBytes.open(file);
  try {
    return readLines(bytes, from, budget, (text) => {
      for (const line of text.split('\n')) {
        const [time, written = '', step = '0'] = line.split(' ');
        const value = written === 'inf' ? Infinity : written === '-inf' ? -Infinity : Number(written);
        if (written === '' || (Number.isNaN(value) && written !== 'nan')) continue;
        sink.scalar(name, value, Number.isFinite(Number(step)) ? Number(step) : 0, Number(time));
      }
    });
  } finally {
    bytes.close();
  }
}
