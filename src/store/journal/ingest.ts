import { join } from 'node:path';
import { said } from '../../format/said.js';
import type { Said } from '../../protocol/said.js';
import { RUN_FILES } from '../../protocol/run/runFolder.js';
import type { IngestApi, IngestResult } from '../api.js';
import type { Database } from '../database.js';
import type { MetricNames } from '../names.js';
import type { RunWriter } from '../runs/writer.js';
import { isPacked } from '../runs/packed.js';
import type { SeriesTable } from '../series/table.js';
import { Application, type Writing } from './apply.js';
import { cutLines, type LineReader } from './cut.js';
import { isJournalName, journalNames, nextData, openJournal, type JournalFile } from './file.js';
import type { JournalRow, Late } from './late.js';
import { MAX_LINE, parseJson, parseLine, type ParsedLine } from './parse.js';
import { PackedJournalError } from './packed/container.js';
import { salvage } from './salvage.js';
import { Templates } from './template.js';

/** Bytes read from disk at a time: they can be parsed in a few milliseconds. */
const READ_BYTES = 2 ** 18;
/** Bytes at a journal's start that tell whether it is still the same file. */
const HEAD_BYTES = 64;
/**
 * Milliseconds after which NUL bytes with whole lines after them count as a hole: on network file systems, data of
 * another host arrives in any order.
 */
const HOLE_MS = 30_000;

/** How far one journal file was read. */
type Place = Writing & JournalRow & { templates?: Templates };

/** Templates kept for one journal, and for all. */
const OWN_TEMPLATES = 6;
const ALL_TEMPLATES = 12;

/** Runs of whose journals it is kept in memory how far they were read. */
const MOST_KNOWN = 20_000;

/** Takes journals in: each record exactly once, as data and offset are committed together. */
export class Ingest implements IngestApi {
  private turn = 0;
  /** By run and file, NUL bytes that are not passed yet, and since when (monotonic). */
  private readonly holes = new Map<string, { at: number; since: number }>();
  private readonly places = new Map<number, Map<string, Place>>();
  private readonly templates = new Templates(ALL_TEMPLATES);
  private readonly holeMs: number;
  private readonly usesTemplates: boolean;

  constructor(
    private readonly db: Database,
    private readonly names: MetricNames,
    private readonly series: SeriesTable,
    private readonly runs: RunWriter,
    private readonly late: Late,
    { holeMs = HOLE_MS, templates = true }: { holeMs?: number; templates?: boolean } = {},
  ) {
    this.holeMs = holeMs;
    this.usesTemplates = templates;
    db.onRollback(() => this.places.clear());
  }

  expectedOffset(run: string, file: string): number {
    return this.db.knowingly(() => {
      const key = this.runs.key(run);
      return key === null ? 0 : this.place(key, file).offset;
    });
  }

  frame(run: string, file: string, offset: number, bytes: Uint8Array): IngestResult | null {
    return this.db.knowingly(() => this.takeFrame(run, file, offset, bytes));
  }

  private takeFrame(run: string, file: string, offset: number, bytes: Uint8Array): IngestResult | null {
    const key = this.runs.key(run);
    if (key === null || !isJournalName(file)) return null;
    return this.db.transaction(() => {
      const place = this.place(key, file);
      const known = place.offset - offset;
      if (known < 0 || place.skipping) return null;
      const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      return this.take(run, key, file, place, buffer.subarray(Math.min(known, buffer.length)), {});
    });
  }

  poll(run: string, file: string, options: { final?: boolean } = {}): IngestResult {
    return this.db.knowingly(() => this.pollOne(run, file, options));
  }

  private pollOne(run: string, file: string, options: { final?: boolean }): IngestResult {
    const key = this.runs.key(run);
    if (key === null) throw new Error(`no run ${run} in the store`);
    if (!isJournalName(file)) throw new Error(`"${file}" is not the name of a journal file`);
    let journal: JournalFile | null;
    try {
      journal = openJournal(join(this.folder(run), file));
    } catch (error) {
      if (!(error instanceof PackedJournalError)) throw error;
      return this.db.transaction(() => this.damaged(run, key, file));
    }
    if (journal === null) return emptyResult(run, file, this.place(key, file).offset);
    try {
      // Nobody writes to a packed one.
      const final = (options.final ?? false) || journal.isPacked;
      return this.db.transaction(() => this.read(run, key, file, journal, final));
    } finally {
      journal.close();
    }
  }

  wasRead(run: string, file: string, offset: number): void {
    const key = this.runs.key(run);
    if (key !== null && isPacked(this.db, run))
      this.db.transaction(() => this.save(key, file, this.place(key, file), offset));
  }

  files(run: string): string[] {
    try {
      return journalNames(this.folder(run));
    } catch {
      return [];
    }
  }

  pollAll(run: string, options: { final?: boolean; budgetMs?: number } = {}): IngestResult[] {
    const until = performance.now() + (options.budgetMs ?? 40);
    const results: IngestResult[] = [];
    const files = this.files(run);
    // Each call starts with another file, so that one that grows endlessly does not delay the others.
    const first = files.length > 0 ? this.turn++ % files.length : 0;
    for (const [i, file] of [...files.slice(first), ...files.slice(0, first)].entries()) {
      for (;;) {
        const result = this.poll(run, file, options);
        results.push(result);
        // Journals without new records took no time worth counting.
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
    let places = this.places.get(key);
    if (!places) {
      if (this.places.size > MOST_KNOWN) this.places.clear();
      this.places.set(key, (places = new Map()));
    }
    let place = places.get(file);
    if (!place) places.set(file, (place = this.late.journal(key, file) ?? this.readPlace(key, file)));
    return place;
  }

  private readPlace(key: number, file: string): Place {
    this.late.recover();
    return (
      this.db.get<Place>(
        'SELECT offset, steps, bad, skipping, head, launch FROM journals WHERE run = ? AND file = ?',
        key,
        file,
      ) ?? { offset: 0, steps: 0, bad: 0, skipping: 0, head: null, launch: 1 }
    );
  }

  private read(run: string, key: number, file: string, journal: JournalFile, final: boolean): IngestResult {
    const { size } = journal;
    const place = this.place(key, file);
    const warning = this.checkSame(file, journal, place);
    let length = Math.min(size - place.offset, READ_BYTES);
    let bytes = journal.read(place.offset, length);
    if (length === READ_BYTES && !place.skipping && bytes.indexOf(10) === -1 && bytes[0] !== 0) {
      length = Math.min(size - place.offset, MAX_LINE + 1);
      bytes = journal.read(place.offset, length);
    }
    let hole = 0;
    if (final && bytes[0] === 0) {
      const data = nextData(journal, place.offset);
      // Nothing comes after a last block that is damaged.
      hole = data === -1 && journal.isDamaged(place.offset) ? size - place.offset : Math.max(0, data - place.offset);
      if (data === -1 && hole > 0) bytes = Buffer.alloc(0);
      else if (hole > 0) bytes = journal.read(data, Math.min(size - data, READ_BYTES));
    }
    const ends = place.offset + hole + bytes.length >= size;
    const { offset } = place;
    const result = this.take(run, key, file, place, bytes, { final, ends, warning, hole, journal });
    // A damaged end is passed at the next look.
    result.more = result.next > offset && (!ends || (result.next < size && journal.isDamaged(result.next)));
    return result;
  }

  /** A journal that lost its end is read on from there; one that was rewritten is read from its start. */
  private checkSame(file: string, journal: JournalFile, place: Place): Said | null {
    const { size } = journal;
    if (place.offset === 0) return null;
    const head = journal.read(0, place.head?.length ?? 0);
    // A hole there may have been filled since.
    const same =
      place.head === null ||
      // The first block of a packed one is damaged: it was read before that.
      (journal.isPacked && head.every((byte) => byte === 0)) ||
      (head.length === place.head.length && place.head.every((byte, i) => byte === 0 || byte === head[i]));
    if (same && size >= place.offset) return null;
    if (same && head.length > 0) {
      place.offset = size;
      return said('journal/{0} has become shorter; what was read of it is kept.', file);
    }
    Object.assign(place, { offset: 0, steps: 0, skipping: 0, head: null, launch: 1 });
    return said('journal/{0} was restarted; it is read from its start, and what was read before is kept.', file);
  }

  /** Notes once that a packed journal can't be read; what was read before is kept. */
  private damaged(run: string, key: number, file: string): IngestResult {
    const place = this.place(key, file);
    const result = emptyResult(run, file, place.offset);
    const application = new Application(this.db, this.names, this.series, this.runs, run, key, file, place, result);
    application.warn(
      `packed ${file}`,
      said("journal/{0}.packed is damaged and can't be read. What was read of it before is kept.", file),
    );
    application.finish();
    return result;
  }

  /** Takes what `bytes` hold, which begin after a hole of `hole` bytes at the place reached. `ends`: so does the file. */
  private take(
    run: string,
    key: number,
    file: string,
    place: Place,
    bytes: Buffer,
    { final = false, ends = false, warning = null as Said | null, hole = 0, journal = null as JournalFile | null },
  ): IngestResult {
    const result = emptyResult(run, file, place.offset);
    if (bytes.length === 0 && warning === null && hole === 0) return result;
    const now = Date.now();
    const application = new Application(this.db, this.names, this.series, this.runs, run, key, file, place, result);
    if (warning) application.warn(`${file} ${warning.text}`, warning);
    const base = place.offset + hole;
    const unreadable = (at: number, why: string): void => {
      place.bad++;
      application.warn(
        `bytes ${file}`,
        said(
          "journal/{0}: what stands at byte {1} can't be read and is left out ({2}).",
          ...[file, at, journal?.isDamaged(at) ? 'the packed file is damaged' : why],
        ),
      );
    };
    if (hole > 0) unreadable(place.offset, `${hole} bytes were never written`);
    let start = 0;
    if (place.skipping) {
      const newline = bytes.indexOf(10);
      start = newline === -1 ? bytes.length : newline + 1;
      if (newline !== -1) place.skipping = 0;
    }
    const templates = (place.templates ??= new Templates(OWN_TEMPLATES, this.templates));
    const rest = bytes.subarray(start);
    const reader: LineReader = {
      ...(this.usesTemplates && {
        fast: (at: number, end: number): number => {
          for (let template; at <= end && (template = templates.read(rest, at, end)); at = templates.next)
            application.repeated(template, template.step ?? place.steps++, now);
          return at;
        },
      }),
      line: (text, at, length) => {
        const parts = readLine(text, now);
        if (parts.length === 1 && parts[0]!.kind === 'metrics') templates.learn(rest.subarray(at, at + length));
        for (const part of parts) {
          if (part.kind === 'bad') unreadable(base + start + at, part.why);
          else if (part.kind === 'record') application.record(part.record);
          else if (part.kind === 'metrics') {
            const { metrics } = part;
            if (metrics.names.length > 0 || !metrics.problem)
              application.metrics(metrics, metrics.step ?? place.steps++, now);
            if (metrics.problem) application.leftOut(metrics.problem, base + start + at);
          }
        }
      },
      skipped: (at, why) => unreadable(base + start + at, why),
    };
    let taken = start;
    if (!place.skipping) {
      const cut = cutLines(rest, reader, final && ends, this.passes(key, file, base + start));
      this.watchHole(key, file, cut.atHole ? base + start + cut.taken : null);
      taken += cut.taken;
      if (taken === start && rest.length > MAX_LINE && rest[0] !== 0) {
        const nul = rest.indexOf(0);
        if (nul === -1) {
          reader.skipped(0, `longer than ${MAX_LINE / 2 ** 20} MiB`);
          place.skipping = 1;
          taken = bytes.length;
        } else if (final) {
          reader.skipped(0, 'it was never finished');
          taken = start + nul;
        }
      }
    }
    if (place.offset === 0 && hole + taken > 0) {
      const first = Buffer.concat([Buffer.alloc(Math.min(hole, HEAD_BYTES)), bytes.subarray(0, HEAD_BYTES)]);
      place.head = first.subarray(0, Math.min(hole + taken, HEAD_BYTES));
    }
    application.finish();
    result.next = base + taken;
    if (taken > 0 || hole > 0 || warning) this.save(key, file, place, result.next);
    return result;
  }

  /** Returns whether the NUL bytes at which the last look ended have stood long enough to be a hole. */
  private passes(key: number, file: string, from: number): boolean {
    const hole = this.holes.get(`${key} ${file}`);
    return hole !== undefined && hole.at >= from && performance.now() - hole.since >= this.holeMs;
  }

  private watchHole(key: number, file: string, at: number | null): void {
    const name = `${key} ${file}`;
    if (at === null) this.holes.delete(name);
    else if (this.holes.get(name)?.at !== at) this.holes.set(name, { at, since: performance.now() });
  }

  private save(key: number, file: string, place: Place, offset: number): void {
    place.offset = offset;
    this.late.holdJournal(key, file, place);
  }
}

/** Parses a line: one record or, if several writers have mixed up their lines, several records and unreadable parts. */
function readLine(text: string, now: number): ParsedLine[] {
  const parsed = parseLine(text, now);
  if (parsed.kind !== 'bad' || !parsed.torn) return [parsed];
  const found = salvage(text, parseJson);
  const records = found.map((each) => parseLine(each.text, now));
  const lengthOf = (some: string): number => some.replace(/[\0\s]+/g, '').length;
  const lost = found.reduce((sum, each) => sum + lengthOf(each.text), 0) < lengthOf(text);
  return lost || records.length === 0 ? [parsed, ...records] : records;
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
