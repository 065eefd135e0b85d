/** Shows files that runs have logged: pictures, sounds, videos, tables and texts. */
import { filesAt } from '../../drawing/mediaSteps.js';
import { formatBytes, formatNumber } from '../../format/numbers.js';
import { l10n } from '../../format/l10n.js';
import type { MediaFile, MediaSeries } from '../../protocol/engine/media.js';
import type { Run } from '../../protocol/engine/index.js';
import { readCsv } from '../../protocol/values/csv.js';
import { pictureIn } from '../../protocol/run/pictureCells.js';
import { labels } from '../../drawing/runs/naming.js';
import { suggest } from '../../experiment/suggest.js';
import type { BlockOf } from '../blocks/keys.js';
import { BlockError } from '../problem.js';
import type { DrawParts, Drawn, Medium, TableData } from './parts.js';
import { liveOf, selectRuns } from './select.js';

/** Runs that are shown if the block says no number, and files of one block. */
const COUNT = 3;
const MOST_FILES = 24;
/** Files of one name and step. */
const MOST_AT_STEP = 8;
/** Bytes of all files of a block, and of a report: they are written into the page. */
const MOST_BYTES = 24 * 2 ** 20;
export const MEDIA_BYTES = 48 * 2 ** 20;
const MOST_ROWS = 50;
const MOST_COLUMNS = 12;
const MOST_CHARACTERS = 20_000;
/** Pictures that a page shows without running anything. */
const PICTURES = ['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'image/svg+xml'];
/** Sounds and videos that are whole in themselves: no playlists. */
const SOUNDS = 'wav x-wav wave mpeg mp3 mp4 x-m4a aac ogg opus flac x-flac webm'
  .split(' ')
  .map((kind) => `audio/${kind}`);
const VIDEOS = ['video/mp4', 'video/webm', 'video/ogg'];
const TEXTS = ['text/plain', 'text/markdown', 'application/json'];
const TABLES = ['text/csv', 'text/tab-separated-values'];

interface Wanted {
  run: Run;
  series: MediaSeries;
  /** Null: logged without a step. */
  step: number | null;
  at: number;
}

export async function drawMedia(keys: BlockOf<'media'>, parts: DrawParts): Promise<Drawn> {
  const { runs, total } = await selectRuns(keys, parts, COUNT);
  if (runs.length === 0) throw new BlockError(l10n.t('No run matches.'));
  const lists = await Promise.all(
    runs.map(async (run) => ({ run, series: (await parts.ask('runs/media', { id: run.id })).series })),
  );
  checkNames(keys, lists);
  let count = 0;
  const all = lists.flatMap(({ run, series }) =>
    series
      .filter(({ name }) => keys.names === undefined || keys.names.includes(name))
      .flatMap((one): Wanted[] => {
        const { at } = filesAt(one, keys.step ?? Infinity);
        const step = one.steps[one.at.indexOf(at[0]!)] ?? null;
        count += at.length;
        return at.slice(0, MOST_AT_STEP).map((place) => ({ run, series: one, step, at: place }));
      }),
  );
  const names = labels(runs);
  const media: Medium[] = [];
  const most = Math.min(MOST_BYTES, parts.mediaBytes ?? MEDIA_BYTES);
  // Those that are too large have been read, too.
  let [kept, read] = [0, 0];
  for (const { run, series, step, at } of all.slice(0, MOST_FILES)) {
    if (read >= most) break;
    const { file } = await parts.ask('media/read', { id: run.id, at });
    const named = [
      names.get(run.id)!.text,
      series.name,
      ...(step === null ? [] : [l10n.t('Step {0}', formatNumber(step))]),
    ];
    const bytes = file?.data ? file.data.length * 0.75 : 0;
    const isLarge = kept + bytes > most;
    const medium = mediumOf(file && isLarge ? { ...file, data: null } : file, series.mime);
    read += bytes;
    if (!isLarge) kept += bytes;
    media.push({ ...medium, caption: named.join(' · '), run: run.id });
  }
  const notes = [
    total > runs.length ? l10n.t('{0} of {1} runs', runs.length, total) : '',
    count > media.length ? l10n.t('{0} of {1} files', media.length, count) : '',
    count === 0 ? l10n.t('These runs have logged no files.') : '',
  ];
  return {
    title: keys.title ?? keys.names?.join(', ') ?? l10n.t('Media'),
    note: notes.filter(Boolean).join(' · '),
    ...{
      media,
      mediaBytes: kept,
      runs: runs.map(({ id }) => id),
      live: liveOf(runs),
      table: { columns: [], rows: [] },
    },
    ...(keys.width !== undefined && { mediaWidth: keys.width }),
  };
}

/** A name that no run has is most likely misspelled; before the first file every name may still come. */
function checkNames(keys: BlockOf<'media'>, lists: readonly { series: readonly MediaSeries[] }[]): void {
  const known = [...new Set(lists.flatMap(({ series }) => series.map(({ name }) => name)))];
  const unknown = known.length === 0 ? undefined : keys.names?.find((name) => !known.includes(name));
  if (unknown === undefined) return;
  const near = suggest(unknown, known);
  const hint = near ? l10n.t('Did you mean "{0}"?', near) : l10n.t('Files: {0}.', known.slice(0, 12).join(', '));
  throw new BlockError(l10n.t('No run shown here has logged a file "{0}".', unknown), hint, 'names');
}

/** Finds how a page shows a file. Other kinds than pictures, sounds, videos, tables and texts are named. */
export function mediumOf(file: MediaFile | null, mime: string): Pick<Medium, 'shown'> {
  if (!file) return missing(l10n.t('This file is gone, or can’t be read.'));
  if (file.data === null) return missing(l10n.t('{0}, too large for a report', formatBytes(file.size)));
  const url = `data:${mime};base64,${file.data}`;
  if (PICTURES.includes(mime)) return { shown: { kind: 'image', mime, url } };
  // A playlist names addresses that a player would fetch.
  const isPlaylist = Buffer.from(file.data.slice(0, 64), 'base64').toString('latin1').includes('#EXTM3U');
  if (SOUNDS.includes(mime) && !isPlaylist) return { shown: { kind: 'audio', url } };
  if (VIDEOS.includes(mime) && !isPlaylist) return { shown: { kind: 'video', url } };
  const text = (): string => Buffer.from(file.data!, 'base64').toString('utf8');
  if (TABLES.includes(mime)) return { shown: { kind: 'table', ...tableOf(text(), mime) } };
  if (TEXTS.includes(mime)) {
    const whole = text();
    return { shown: { kind: 'text', text: whole.slice(0, MOST_CHARACTERS), isCut: whole.length > MOST_CHARACTERS } };
  }
  return missing(l10n.t('{0} ({1}): open the run’s page to see it', mime, formatBytes(file.size)));
}

const missing = (why: string): Pick<Medium, 'shown'> => ({ shown: { kind: 'none', why } });

function tableOf(text: string, mime: string): { table: TableData; isCut: boolean } {
  const all = mime === 'text/csv' ? readCsv(text) : text.split(/\r?\n/).map((line) => line.split('\t'));
  const [head = [], ...body] = all;
  const rows = body.filter((row) => row.length > 1 || row[0] !== '');
  const isNumber = (i: number): boolean =>
    rows.length > 0 && rows.slice(0, MOST_ROWS).every((row) => !row[i]?.trim() || !Number.isNaN(Number(row[i])));
  return {
    table: {
      columns: head.slice(0, MOST_COLUMNS).map((title, i) => ({ title, isNumber: isNumber(i) })),
      // A cell that is a picture is named by its caption.
      rows: rows.slice(0, MOST_ROWS).map((row) => ({
        cells: head.slice(0, MOST_COLUMNS).map((_, i) => ({ text: pictureIn(row[i] ?? '')?.caption ?? row[i] ?? '' })),
      })),
    },
    isCut: rows.length > MOST_ROWS || head.length > MOST_COLUMNS,
  };
}
