/** Stores one run's journals, a part in each turn, and notifies subscribers. */
import type { RunSpec } from '../../../protocol/run/runFolder.js';
import type { Frame } from '../../../protocol/run/supervisor.js';
import type { IngestResult } from '../../../store/api.js';
import type { Keeper } from '../life/keeper.js';
import type { JournalIntake } from '../life/liveRunOptions.js';
import type { TurnTaker } from './turns.js';

/** Bytes of frames that one run stores at a time. */
const PIECE = 256 * 1024;
/** Pause before a run whose records could not be stored tries again, in milliseconds. */
const RETRY_MS = 250;

/** Contiguous bytes of a journal. */
interface Stretch {
  offset: number;
  end: number;
  parts: Buffer[];
}

/** One pass over all journals, from where they were last read to. */
interface Reading {
  final: boolean;
  begun: boolean;
  grew: boolean;
  done(grew: boolean): void;
  failed(error: unknown): void;
}

export class RunIntake implements JournalIntake, TurnTaker {
  private source: ((skim: boolean) => boolean) | null = null;
  private readonly stretches = new Map<string, Stretch>();
  /** Journals that have to be read from the disk. */
  private readonly behind = new Set<string>();
  private readonly readings: Reading[] = [];
  private results: IngestResult[] = [];
  private retry: NodeJS.Timeout | undefined;

  constructor(
    private readonly keeper: Keeper,
    private readonly spec: RunSpec,
  ) {}

  arrived(read: (skim: boolean) => boolean): void {
    this.source = read;
    this.soon();
  }

  frame({ file, offset, data }: Frame): void {
    if (data === undefined) return void this.behind.add(file);
    // A journal that is read from the disk is read to its end.
    if (this.behind.has(file)) return;
    const bytes = Buffer.from(data);
    const stretch = this.stretches.get(file);
    if (!stretch) this.stretches.set(file, { offset, end: offset + bytes.length, parts: [bytes] });
    else if (stretch.end === offset) {
      stretch.parts.push(bytes);
      stretch.end += bytes.length;
    } else this.behind.add(file);
  }

  read(final: boolean): Promise<boolean> {
    return new Promise((done, failed) => {
      this.readings.push({ final, begun: false, grew: false, done, failed });
      this.soon();
    });
  }

  dispose(): void {
    clearTimeout(this.retry);
    this.keeper.turns.drop(this);
    this.source = null;
  }

  take(): boolean {
    const more = this.source?.(this.behind.size > 0) ?? false;
    const left = this.takeStretches();
    return this.readPiece() || left || more;
  }

  committed(): void {
    const { results } = this;
    this.results = [];
    const [reading] = this.readings;
    const grew = results.some(({ records }) => records > 0);
    if (reading?.begun) {
      reading.grew ||= grew;
      if (this.behind.size === 0) {
        this.readings.shift();
        reading.done(reading.grew);
        if (this.readings.length > 0) this.soon();
      }
    }
    // A pass that found nothing wrote nothing, so it says nothing about the disk.
    if (grew) this.keeper.options.trouble.over();
    if (results.length > 0) tell(this.keeper, this.spec, results);
  }

  undone(error: unknown): void {
    // The journals contain everything that was in the frames.
    for (const { file } of this.results) this.behind.add(file);
    for (const file of this.stretches.keys()) this.behind.add(file);
    this.stretches.clear();
    this.results = [];
    if (error === null) return;
    const readings = this.readings.splice(0);
    for (const reading of readings) reading.failed(error);
    if (readings.length === 0) this.keeper.options.trouble.met(error);
    clearTimeout(this.retry);
    this.retry = setTimeout(() => this.soon(), RETRY_MS).unref();
  }

  private soon(): void {
    this.keeper.turns.soon(this);
  }

  private takeStretches(): boolean {
    const { ingest } = this.keeper.options.store;
    for (const [file, stretch] of this.stretches) {
      const bytes = stretch.parts.length === 1 ? stretch.parts[0]! : Buffer.concat(stretch.parts);
      const cut = bytes.length <= PIECE ? -1 : bytes.lastIndexOf(10, PIECE);
      const piece = cut === -1 ? bytes : bytes.subarray(0, cut + 1);
      const result = ingest.frame(this.spec.id, file, stretch.offset, piece);
      if (result) this.results.push(result);
      else this.behind.add(file);
      if (result && piece.length < bytes.length) {
        stretch.offset += piece.length;
        stretch.parts = [bytes.subarray(piece.length)];
      } else this.stretches.delete(file);
    }
    return this.stretches.size > 0;
  }

  /** Reads one piece of one journal from the disk. */
  private readPiece(): boolean {
    const { ingest } = this.keeper.options.store;
    const [reading] = this.readings;
    if (reading && !reading.begun) {
      reading.begun = true;
      for (const file of ingest.files(this.spec.id)) this.behind.add(file);
    }
    for (const file of this.behind) {
      const result = ingest.poll(this.spec.id, file, { final: reading?.final ?? false });
      this.results.push(result);
      // The journals take turns.
      this.behind.delete(file);
      if (result.more) this.behind.add(file);
      // Journals without new records took no time worth counting.
      if (result.records > 0) break;
    }
    return this.behind.size > 0;
  }
}

function tell({ options, listener }: Keeper, spec: RunSpec, results: readonly IngestResult[]): void {
  const { changes, log } = options;
  const metrics = new Map(results.flatMap((result) => [...result.metrics]));
  for (const [metric, count] of metrics) changes.seriesChanged(spec.id, metric, count);
  for (const { warnings } of results) for (const warning of warnings) log.warn(`run ${spec.id}: ${warning}`);
  if (results.some(({ runChanged, points }) => runChanged || points > 0)) changes.runChanged(spec.id);
  const points = results.flatMap(({ objective }) => objective);
  if (points.length > 0 && spec.search !== null) listener?.objective(spec, spec.search, points);
}
