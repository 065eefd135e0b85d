import { closeSync, constants, fstatSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { RUN_FILES } from '../../protocol/runFolder.js';
import type { IngestApi, IngestResult } from '../api.js';
import type { Database } from '../database.js';
import type { MetricNames } from '../names.js';
import type { RunWriter } from '../runs/writer.js';
import type { SeriesTable } from '../series/table.js';
import { Application } from './apply.js';
import { cutLines, MAX_LINE, parseLine } from './parse.js';

/** Bytes read from disk at once. */
const READ_BYTES = 2 ** 20;
/** Bytes at a journal's start that tell whether it is still the same file. */
const HEAD_BYTES = 64;
const FILE_NAME = /^[\w-][\w.-]{0,200}\.ndjson$/;

/** How far one journal file was read. */
interface Place {
  offset: number;
  /** Metrics records without a step so far. */
  steps: number;
  bad: number;
  /** 1: in the middle of a line that is too long. */
  skipping: number;
  head: Uint8Array | null;
}

/** Takes journals in: each record exactly once, as data and offset are committed together. */
export class Ingest implements IngestApi {
  private turn = 0;

  constructor(
    private readonly db: Database,
    private readonly names: MetricNames,
    private readonly series: SeriesTable,
    private readonly runs: RunWriter,
  ) {}

  expectedOffset(run: string, file: string): number {
    const key = this.runs.key(run);
    return key === null ? 0 : this.place(key, file).offset;
  }

  frame(run: string, file: string, offset: number, bytes: Uint8Array): IngestResult | null {
    const key = this.runs.key(run);
    if (key === null || !FILE_NAME.test(file)) return null;
    return this.db.transaction(() => {
      const place = this.place(key, file);
      const known = place.offset - offset;
      if (known < 0 || place.skipping) return null;
      const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      return this.take(run, key, file, place, buffer.subarray(Math.min(known, buffer.length)), false);
    });
  }

  poll(run: string, file: string, options: { final?: boolean } = {}): IngestResult {
    const key = this.runs.key(run);
    if (key === null) throw new Error(`no run ${run} in the store`);
    if (!FILE_NAME.test(file)) throw new Error(`"${file}" is no name of a journal file`);
    const opened = openFile(join(this.folder(run), file));
    if (opened === null) return emptyResult(run, file, this.place(key, file).offset);
    try {
      return this.db.transaction(() => this.read(run, key, file, opened.fd, opened.size, options.final ?? false));
    } finally {
      closeSync(opened.fd);
    }
  }

  files(run: string): string[] {
    try {
      return readdirSync(this.folder(run))
        .filter((name) => FILE_NAME.test(name))
        .sort();
    } catch {
      return [];
    }
  }

  pollAll(run: string, options: { final?: boolean; budgetMs?: number } = {}): IngestResult[] {
    const until = performance.now() + (options.budgetMs ?? 40);
    const results: IngestResult[] = [];
    const files = this.files(run);
    // Each call begins with another file, so that one that grows without end does not keep the others waiting.
    const first = files.length > 0 ? this.turn++ % files.length : 0;
    for (const [i, file] of [...files.slice(first), ...files.slice(0, first)].entries()) {
      for (;;) {
        const result = this.poll(run, file, options);
        results.push(result);
        // What was found empty took no time.
        if (performance.now() >= until && result.records > 0) {
          result.more ||= i < files.length - 1;
          return results;
        }
        if (!result.more) break;
      }
    }
    return results;
  }

  private folder(run: string): string {
    return join(this.runs.folder(run), RUN_FILES.journal);
  }

  private place(key: number, file: string): Place {
    return (
      this.db.get<Place>(
        'SELECT offset, steps, bad, skipping, head FROM journals WHERE run = ? AND file = ?',
        key,
        file,
      ) ?? { offset: 0, steps: 0, bad: 0, skipping: 0, head: null }
    );
  }

  private read(run: string, key: number, file: string, fd: number, size: number, final: boolean): IngestResult {
    const place = this.place(key, file);
    const warning = this.checkSame(fd, size, place);
    let length = Math.min(size - place.offset, READ_BYTES);
    let bytes = readAt(fd, place.offset, length);
    if (length === READ_BYTES && !place.skipping && bytes.indexOf(10) === -1 && bytes[0] !== 0) {
      length = Math.min(size - place.offset, MAX_LINE + 1);
      bytes = readAt(fd, place.offset, length);
    }
    const ends = place.offset + bytes.length >= size;
    const result = this.take(run, key, file, place, bytes, final && ends, warning);
    result.more = !ends && result.next > place.offset;
    return result;
  }

  /** A journal that lost its end is read on from there; one that was begun anew is read from its start. */
  private checkSame(fd: number, size: number, place: Place): string | null {
    if (place.offset === 0) return null;
    const head = readAt(fd, 0, place.head?.length ?? 0);
    const same = head.equals(place.head ?? head.subarray(0, 0));
    if (same && size >= place.offset) return null;
    if (same && head.length > 0) {
      place.offset = size;
      return 'has become shorter; what was read of it is kept';
    }
    Object.assign(place, { offset: 0, steps: 0, skipping: 0, head: null });
    return 'was begun anew; it is read from its start, and what was read before is kept';
  }

  private take(
    run: string,
    key: number,
    file: string,
    place: Place,
    bytes: Buffer,
    final: boolean,
    warning: string | null = null,
  ): IngestResult {
    const result = emptyResult(run, file, place.offset);
    if (bytes.length === 0 && warning === null) return result;
    const now = Date.now();
    const application = new Application(this.db, this.names, this.series, this.runs, run, key, file, result);
    if (warning) application.warn(`journal/${file} ${warning}.`);
    let start = 0;
    if (place.skipping) {
      const newline = bytes.indexOf(10);
      start = newline === -1 ? bytes.length : newline + 1;
      if (newline !== -1) place.skipping = 0;
    }
    const bad = (at: number, why: string): void => {
      if (place.bad++ > 0) return;
      application.warn(
        `journal/${file}: the record at byte ${place.offset + start + at} was skipped (${why}). ` +
          'Further ones like it are skipped without a message.',
      );
    };
    let taken = start;
    if (!place.skipping) {
      const rest = bytes.subarray(start);
      taken += cutLines(
        rest,
        {
          line(text, at) {
            const parsed = parseLine(text, now);
            if (parsed.kind === 'bad') bad(at, parsed.why);
            else if (parsed.kind === 'record') application.record(parsed.record);
            else if (parsed.kind === 'metrics') {
              const { metrics } = parsed;
              application.metrics(metrics, metrics.step ?? place.steps++, now);
              if (metrics.problem) bad(at, metrics.problem);
            }
          },
          skipped: bad,
        },
        final,
      );
      if (taken === start && rest.length > MAX_LINE && rest[0] !== 0) {
        bad(0, `longer than ${MAX_LINE / 2 ** 20} MiB`);
        place.skipping = 1;
        taken = bytes.length;
      }
    }
    if (place.offset === 0 && taken > 0) place.head = bytes.subarray(0, Math.min(taken, HEAD_BYTES));
    application.finish();
    result.next = place.offset + taken;
    if (taken > 0 || warning) this.save(key, file, place, result.next);
    return result;
  }

  private save(key: number, file: string, place: Place, offset: number): void {
    this.db.run(
      `INSERT INTO journals (run, file, offset, steps, bad, skipping, head) VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (run, file) DO UPDATE SET
         offset = excluded.offset, steps = excluded.steps, bad = excluded.bad, skipping = excluded.skipping, head = excluded.head`,
      key,
      file,
      offset,
      place.steps,
      place.bad,
      place.skipping,
      place.head,
    );
  }
}

function emptyResult(run: string, file: string, next: number): IngestResult {
  return {
    run,
    file,
    next,
    records: 0,
    points: 0,
    metrics: new Map(),
    objective: [],
    events: [],
    runChanged: false,
    warnings: [],
    more: false,
  };
}

/** Opens a regular file only: a link or a pipe put there by a program must not lead us elsewhere or block us. */
function openFile(path: string): { fd: number; size: number } | null {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  } catch {
    return null;
  }
  const stat = fstatSync(fd);
  if (stat.isFile()) return { fd, size: stat.size };
  closeSync(fd);
  return null;
}

function readAt(fd: number, offset: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const got = readSync(fd, bytes, filled, length - filled, offset + filled);
    if (got === 0) break;
    filled += got;
  }
  return bytes.subarray(0, filled);
}
