/**
 * Records the contents of other tools' log files while a program writes them: TensorBoard's event files, CSV logs,
 * trainer states, W&B's offline files. It works without an engine, and without a client in the program.
 */
import * as path from 'node:path';
import { dvclive } from '../../../foreign/json/dvc.js';
import { transformers } from '../../../foreign/json/transformers.js';
import { JournalLines } from '../../../foreign/import/lines.js';
import { MediaKeeper } from '../../../foreign/import/keepMedia.js';
import { TableReader, tables } from '../../../foreign/tables/index.js';
import { headerOf, tablePlaceAt } from '../../../foreign/tables/table.js';
import { tensorboard } from '../../../foreign/tensorboard/index.js';
import { wandb } from '../../../foreign/wandb/index.js';
import type { Format, FoundRun, Listing, Place, Reader, Sink } from '../../../foreign/types.js';
import { RUN_FILES } from '../../../protocol/run/runFiles.js';
import { appendLine } from '../../disk/appendLine.js';
import { isLogName, type Candidate, type Candidates } from './candidates.js';
import { LoggedByClient } from './logged.js';
import { Owners } from './owner.js';
import { inEnglish, said } from '../../../format/said.js';
import type { Said } from '../../../protocol/said.js';

const FORMATS: readonly Format[] = [tensorboard, wandb, tables, transformers, dvclive];
const EVERY_MS = 1000;
/** Maximum share of the time for one pass. */
const SHARE = 20;
/** Bytes read from one log in one look; and the milliseconds that the last looks may take. */
const BUDGET = 4 << 20;
const LAST_MS = 20_000;
const MOST_LOGS = 500;

export interface TailOptions {
  /** Absolute path of the run's folder, as the program knows it. */
  folder: string;
  /** The run's folder as it is found also when the workspace was renamed meanwhile. */
  here: string;
  /** Working folder of the program. */
  cwd: string;
  pid: number;
  mark: number;
  /** `auto`: files that look like logs; else globs relative to the working folder. */
  files: 'auto' | readonly string[];
  /** Written before the first record of a later launch; null for the first launch. */
  begins: string | null;
  /** Tells the person something, once. */
  warn(text: Said): void;
}

interface Log {
  found: FoundRun;
  reader: Reader;
  place: Place | null;
  /** Sizes of its files when they were read. */
  read: string;
}

export class LogTail {
  private readonly owners: Owners;
  private readonly client: LoggedByClient;
  private readonly logs = new Map<string, Log>();
  /** The log that contains a metric first, by the metric's name. */
  private readonly origins = new Map<string, Log>();
  private readonly lines: JournalLines;
  private readonly told = new Set<string>();
  private waiting = '';
  private begins: string | null;
  private timer: NodeJS.Timeout | undefined;
  private looking: Promise<void> = Promise.resolve();

  constructor(
    private readonly candidates: Candidates,
    private readonly options: TailOptions,
  ) {
    const { folder, here, cwd, pid, mark, begins } = options;
    this.owners = new Owners(folder, cwd, pid, mark);
    this.client = new LoggedByClient(here);
    this.begins = begins;
    const media = new MediaKeeper(here);
    this.lines = new JournalLines(
      { write: (text) => (this.waiting += text), keep: (each) => media.keep(each) },
      Date.now(),
    );
    this.looking = this.look(BUDGET);
    void this.again();
  }

  /** Reads the rest. Call it once the program is gone. */
  async stop(): Promise<void> {
    clearTimeout(this.timer);
    await this.looking;
    clearTimeout(this.timer);
    const until = performance.now() + LAST_MS;
    do await this.look(BUDGET);
    while (this.more && performance.now() < until);
    if (this.more)
      this.options.warn(said('The log files have more than could be read; import them for the rest: tunesmith import'));
  }

  private more = false;

  private async again(): Promise<void> {
    const start = performance.now();
    await this.looking;
    const wait = Math.max(EVERY_MS, SHARE * (performance.now() - start));
    this.timer = setTimeout(() => {
      this.looking = this.look(BUDGET);
      void this.again();
    }, wait);
  }

  /** Never rejects: the program matters more than its logs. */
  private async look(budget: number): Promise<void> {
    this.more = false;
    try {
      // Records that wait for room on a full disk come first.
      if (!this.flush()) return;
      const { listings, candidates } = this.candidates.look();
      const found = candidates.size > 0 ? this.find(listings, candidates) : [];
      const unknown = found.filter((run) => !this.logs.has(keyOf(run)));
      await this.owners.look(new Set(unknown.flatMap(({ files }) => files)));
      if (found.length === 0) return;
      this.client.look();
      for (const run of found) {
        const log = this.logOf(run, candidates);
        if (log) this.read(log, candidates, budget);
      }
      this.lines.flush();
      this.flush();
    } catch (error) {
      this.tell(said("Log files can't be read: {0}", (error as Error).message));
    }
  }

  /** The logs that the changed files are parts of. */
  private find(listings: readonly Listing[], candidates: ReadonlyMap<string, Candidate>): FoundRun[] {
    const changed = listings.map((listing) => ({
      ...listing,
      files: listing.files.filter((name) => candidates.has(path.join(listing.path, name)) || !isLogName(name)),
    }));
    const found = FORMATS.flatMap((format) => format.find(changed));
    return this.options.files === 'auto' ? found : [...found, ...chosenTables(found, candidates)];
  }

  /** The log with its position, or a new one; null if it should not be recorded. */
  private logOf(run: FoundRun, candidates: ReadonlyMap<string, Candidate>): Log | null {
    if (this.options.files === 'auto' && this.client.covers(run.format)) return null;
    const known = this.logs.get(keyOf(run));
    if (known) {
      // Files may have joined it.
      if (run.files.length !== known.found.files.length) Object.assign(known, { found: run, reader: run.open() });
      return known;
    }
    if (this.logs.size >= MOST_LOGS || !this.isOurs(run)) return null;
    const log: Log = { found: run, reader: run.open(), place: placeAt(run, candidates), read: '' };
    this.logs.set(keyOf(run), log);
    return log;
  }

  private isOurs(run: FoundRun): boolean {
    const owners = run.files.map((file) => this.owners.of(file));
    if (owners.includes('ours')) return true;
    if (owners.includes('others')) return false;
    if (!owners.includes('shared')) return true;
    this.tell(
      said(
        "Several runs write log files in {0}, and Tunesmith can't tell whose {1} is, so it is not recorded. Let each run write into its own folder: use {run.dir} in the command.",
        this.options.cwd,
        path.basename(run.path),
      ),
    );
    return false;
  }

  private read(log: Log, candidates: ReadonlyMap<string, Candidate>, budget: number): void {
    const sizes = log.found.files.map((file) => candidates.get(file)?.size ?? 0).join();
    if (sizes === log.read) return;
    try {
      const { place, more } = log.reader.read(log.place, this.sinkOf(log), budget);
      log.place = place;
      this.more ||= more;
      if (!more) log.read = sizes;
    } catch {
      // It may be gone, or is being replaced: the next look tells.
    }
  }

  /** A metric is recorded from one place only: the client, or the log that has it first. */
  private sinkOf(log: Log): Sink {
    const { lines, client, origins } = this;
    return {
      scalar(name, value, step, time, epoch) {
        if (client.has(name)) return;
        const origin = origins.get(name) ?? log;
        if (origin === log) origins.set(name, log);
        // The same logger in another folder is another thing; another logger most likely has the same values.
        if (origin !== log && origin.found.format !== log.found.format) return;
        const own = origin === log ? name : `${log.found.name}/${name}`;
        lines.scalar(own, value, step, Number.isNaN(time) ? Date.now() : time, epoch);
      },
      params: (params, floats) => lines.params(params, floats),
      info: (values) => lines.info(values),
      media: (media) => lines.media(media),
      facts: () => undefined,
      // The reader of a format has its own words.
      warning: (text) => this.tell({ text: '{0}', values: [text] }),
    };
  }

  /** Writes pending records. False: the disk is full. */
  private flush(): boolean {
    if (this.waiting === '') return true;
    const file = path.join(this.options.here, RUN_FILES.journal, RUN_FILES.filesJournal);
    try {
      appendLine(file, (this.begins === null ? '' : `${this.begins}\n`) + this.waiting.replace(/\n$/, ''));
      this.begins = null;
      this.waiting = '';
      return true;
    } catch {
      // A torn last line is left out by readers, and comes again whole.
      return false;
    }
  }

  private tell(text: Said): void {
    const english = inEnglish(text);
    if (this.told.size >= 20 || this.told.has(english)) return;
    this.told.add(english);
    this.options.warn(text);
  }
}

const keyOf = ({ format, path: place, inner }: FoundRun): string => `${format}\0${place}\0${inner}`;

/** Tables that a glob names are logs, whatever their names. */
function chosenTables(found: readonly FoundRun[], candidates: ReadonlyMap<string, Candidate>): FoundRun[] {
  const known = new Set(found.flatMap(({ files }) => files));
  return [...candidates.keys()]
    .filter((file) => !known.has(file) && /\.(?:csv|tsv|log|txt)$/i.test(file) && (headerOf(file)?.length ?? 0) > 1)
    .map((file) => ({
      ...{ format: 'csv' as const, path: file, inner: '', experiment: '', name: path.parse(file).name, files: [file] },
      open: () => new TableReader(file, null),
    }));
}

/** Offsets at which to begin in files that existed before the launch: earlier content is not this run's. */
function placeAt(run: FoundRun, candidates: ReadonlyMap<string, Candidate>): Place | null {
  const grown = run.files.flatMap((file) => candidates.get(file) ?? []).filter(({ from }) => from > 0);
  if (grown.length === 0) return null;
  if (run.format === 'csv') {
    const [{ file, from }] = grown as [Candidate];
    return { table: tablePlaceAt(file, from), hparams: '' };
  }
  if (run.format !== 'tensorboard') return null;
  return Object.fromEntries(grown.map(({ file, from }) => [path.relative(run.path, file), { at: from, plugins: [] }]));
}
