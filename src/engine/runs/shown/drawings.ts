/** Histograms and plots among a run's files. Programs write these files, so their contents are checked. */
import { Drawing, type Drawings, type HistogramDrawing, type PlotDrawing } from '../../../protocol/engine/drawings.js';
import { HISTOGRAM_MIME, PLOT_MIME } from '../../../protocol/run/mimes.js';
import type { RunMedia } from '../../../store/api.js';
import type { MediaFiles } from './mediaFiles.js';

const MOST_BYTES = 4 * 1024 * 1024;
const MOST_NAMES = 500;

/** Reads one drawing, and lists all of them. */
export function readDrawings(
  files: MediaFiles,
  media: readonly RunMedia[],
  wanted: { name?: string | undefined; step?: number | undefined },
): Drawings {
  const byName = new Map<string, RunMedia[]>();
  for (const record of media) {
    if (record.mime !== HISTOGRAM_MIME && record.mime !== PLOT_MIME) continue;
    const known = byName.get(record.name);
    if (known) known.push(record);
    else if (byName.size < MOST_NAMES) byName.set(record.name, [record]);
  }
  const stepOf = (record: RunMedia): number => record.step ?? 0;
  const names = [...byName].map(([name, records]) => ({
    name,
    steps: [...new Set(records.map(stepOf))].sort((a, b) => a - b),
  }));
  const { name = names[0]?.name ?? '', step = Infinity } = wanted;
  const records = byName.get(name) ?? [];
  const before = records.filter((record) => stepOf(record) <= step);
  const record = (before.length > 0 ? before : records).reduce<RunMedia | null>(
    (newest, each) => (newest === null || stepOf(each) >= stepOf(newest) ? each : newest),
    null,
  );
  const drawing = record && readDrawing(files, record);
  return { names, shown: drawing && { name, step: stepOf(record), drawing } };
}

function readDrawing(files: MediaFiles, record: RunMedia): Drawing | null {
  const bytes = files.bytes(record.path, MOST_BYTES);
  if (!bytes) return null;
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    const drawing =
      record.mime === HISTOGRAM_MIME ? { histogram: value as HistogramDrawing } : { plot: value as PlotDrawing };
    return Drawing.safeParse(drawing).data ?? null;
  } catch {
    // It is not JSON.
    return null;
  }
}
