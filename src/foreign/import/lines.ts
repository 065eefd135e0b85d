/** Journal lines of the records that a reader emits. */
import type { Params } from '../../protocol/values/index.js';
import { toWire } from '../../protocol/values/wireNumber.js';
import { forJson, type Floats } from '../../protocol/values/floats.js';
import type { Facts, ForeignMedia, Sink } from '../types.js';

/** Values of one step whose times differ by less make one record. */
const TOGETHER_MS = 100;
const FLUSH_CHARS = 2 ** 20;

export interface LinesTarget {
  /** Whole lines. */
  write(text: string): void;
  /** Keeps the bytes, and returns their path in the run's folder; null if they are not kept. */
  keep(media: ForeignMedia): string | null;
}

/** Totals of everything emitted so far. */
export interface Counts {
  points: number;
  metrics: Set<string>;
  params: Set<string>;
  media: number;
}

export class JournalLines implements Sink {
  readonly known: Facts = {};
  readonly warnings: string[] = [];
  readonly counts: Counts = { points: 0, metrics: new Set(), params: new Set(), media: 0 };
  private readonly names = new Map<string, string>();
  private text = '';
  /** The record that is being put together: its values as JSON, and the names in it. */
  private values = '';
  private readonly inRecord = new Set<string>();
  private step: number | null = null;
  private time = NaN;
  private epoch: number | undefined;

  constructor(
    private readonly target: LinesTarget,
    /** Milliseconds since the epoch, for records without a time. */
    private readonly now: number,
  ) {}

  scalar(name: string, value: number, step: number | null, time: number, epoch?: number): void {
    const isNear =
      time === this.time ||
      (Number.isNaN(time) && Number.isNaN(this.time)) ||
      (step !== null && Math.abs(time - this.time) < TOGETHER_MS);
    const joins =
      isNear && this.inRecord.size > 0 && step === this.step && epoch === this.epoch && !this.inRecord.has(name);
    if (!joins) {
      this.endRecord();
      this.step = step !== null && Number.isFinite(step) ? step : null;
      this.time = time;
      this.epoch = epoch;
    }
    this.inRecord.add(name);
    const wire = toWire(value);
    this.values += `${this.values === '' ? '' : ','}${this.key(name)}${typeof wire === 'number' ? wire : `"${wire}"`}`;
    this.counts.points++;
  }

  params(params: Params, floats?: Floats): void {
    Object.keys(params).forEach((name) => this.counts.params.add(name));
    this.line({ type: 'params', time: this.now, params: forJson(params, floats) });
  }

  info(values: Params): void {
    this.line({ type: 'info', time: this.now, values });
  }

  media(media: ForeignMedia): void {
    const { compose } = media;
    const whole = compose ? { ...media, bytes: compose((part) => this.target.keep(part)) } : media;
    const path = this.target.keep(whole);
    if (path === null) return;
    this.counts.media++;
    const { name, mime, step, time } = media;
    this.line({ type: 'media', time: Number.isNaN(time) ? this.now : time, name, path, mime, step: step ?? undefined });
  }

  facts(facts: Facts): void {
    Object.assign(this.known, facts);
  }

  warning(text: string): void {
    if (this.warnings.length < 100) this.warnings.push(text);
    this.line({ type: 'message', time: this.now, level: 'warning', text });
  }

  line(record: object): void {
    this.endRecord();
    this.add(JSON.stringify(record));
  }

  flush(): void {
    this.endRecord();
    if (this.text !== '') this.target.write(this.text);
    this.text = '';
  }

  private endRecord(): void {
    if (this.inRecord.size === 0) return;
    // `type: metrics` is what a record without a type is. A time of whole microseconds is all that is kept of it.
    const time = Number.isNaN(this.time) ? '' : `"time":${Math.round(this.time * 1000) / 1000},`;
    const step = this.step === null ? '' : `"step":${this.step},`;
    const epoch = this.epoch === undefined || !Number.isFinite(this.epoch) ? '' : `"epoch":${this.epoch},`;
    this.add(`{${time}${step}${epoch}"values":{${this.values}}}`);
    this.values = '';
    this.inRecord.clear();
  }

  private add(line: string): void {
    this.text += `${line}\n`;
    if (this.text.length < FLUSH_CHARS) return;
    this.target.write(this.text);
    this.text = '';
  }

  private key(name: string): string {
    let key = this.names.get(name);
    if (key === undefined) {
      this.counts.metrics.add(name);
      key = `${JSON.stringify(name)}:`;
      this.names.set(name, key);
    }
    return key;
  }
}
