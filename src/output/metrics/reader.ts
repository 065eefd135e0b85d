/** Reads metrics from a program's output, with their steps and epochs. Pure; memory does not grow with the output. */
import { readBar } from './bars.js';
import { Lines, type Line } from './lines.js';
import { readKeyValues, readObject } from './objects.js';
import { Boxes, Columns } from './tables.js';
import { readText } from './text.js';
import type { LineReading, Place } from './types.js';

/** Values at one place of the training. */
export interface PrintedMetrics {
  /** Undefined: the program says none; the next of the run's. */
  step: number | undefined;
  epoch: number | undefined;
  values: Map<string, number>;
}

/** Different names that one program can have. Numbers in names would make ever new ones. */
const MAX_NAMES = 500;
/** Longer lines are not reports of a step. */
const LONGEST = 2000;
/** Prefixes that loggers print before a message. */
const PREFIXES = [
  /^\[(?:rank|default)?\d{1,4}\]:\s*(?=\S)/,
  /^[[(]?\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?[\])]?\s*(?:[-|:]\s*)?/,
  /^\[(?:\d\d[-/]\d\d )?\d\d:\d\d:\d\d[^\]\n]{0,60}\]:?\s*(?:[-|:]\s*)?/,
  /^[IDV]\d{4} \d\d:\d\d:\d\d\.\d{1,9}\s+\d+ [\w./-]{1,100}:\d+\]\s*/,
  /^\[?(?:INFO|DEBUG|NOTICE)\]?(?=[\s:|-])[\s:|-]*/,
  // A logger's own name, and the place in the code where it was called.
  /^(?:\[[\w.-]{0,60}[A-Za-z][\w.-]{0,60}\]|\w{1,60}[.:][\w.:]{1,60})\s+[-|>:]+\s+(?=\S)|^(?:root|__main__):\s*/,
];
/** Error messages of a program: their numbers are not metrics. */
const TROUBLE =
  /^\W*(?:[WEFC]\d{4} |(?:WARN(?:ING)?|ERROR|FATAL|CRITICAL|EXCEPTION)\b)|\b\w*(?:Error|Exception|Warning|Interrupt)\b\s*(?::|$)/;
const TRACEBACK = /^\s*Traceback \(most recent call last\)/;

export class MetricReader {
  private readonly lines = new Lines();
  private readonly columns = new Columns();
  private readonly boxes = new Boxes();
  private readonly names = new Set<string>();
  private inTraceback = false;
  /** Last reported place in the training. */
  private place: Place = {};
  private fromZero = false;
  /** Epochs are printed as 0.33. */
  private hasFractions = false;
  /** Steps are printed, or places within an epoch. */
  private counts = false;
  /** Step last recorded, and the names that were recorded at it. */
  private at: { step: number; names: Set<string> } | null = null;
  /** The newest state of a bar that is still being redrawn. */
  private bar: PrintedMetrics | null = null;

  /** Returns the metrics that the output so far has added. A bar that is redrawn repeatedly counts once per piece of output. */
  push(piece: string): PrintedMetrics[] {
    const found: PrintedMetrics[] = [];
    for (const line of this.lines.push(piece)) this.line(line, found);
    this.flushBar(found);
    return found;
  }

  /** Returns the metrics of the output's last line. */
  end(): PrintedMetrics[] {
    const found: PrintedMetrics[] = [];
    for (const line of this.lines.end()) this.line(line, found);
    this.flushBar(found);
    return found;
  }

  private line({ text, overwritten }: Line, found: PrintedMetrics[]): void {
    if (this.isTrouble(text)) return;
    const plain = withoutPrefix(text);
    // A row of a table may end with a bar.
    const row = this.columns.read(plain);
    const bar = row ? null : readBar(text);
    if (bar) {
      if (bar.values.size === 0 || (bar.means && !bar.complete)) return void this.enter(bar.place);
      this.bar = this.placed(bar);
      if (!overwritten || bar.complete) this.flushBar(found);
      return;
    }
    if (overwritten) return;
    this.flushBar(found);
    const read = row ?? this.boxes.read(text) ?? readObject(plain.trim()) ?? readKeyValues(plain) ?? readShort(plain);
    if (read) this.add(this.placed(read), found);
  }

  private isTrouble(text: string): boolean {
    if (TRACEBACK.test(text)) this.inTraceback = true;
    else if (this.inTraceback && !/^\s/.test(text)) this.inTraceback = false;
    else if (!this.inTraceback) return TROUBLE.test(text.slice(0, 400));
    return true;
  }

  private flushBar(found: PrintedMetrics[]): void {
    if (this.bar) this.add(this.bar, found);
    this.bar = null;
  }

  private add(metrics: PrintedMetrics, found: PrintedMetrics[]): void {
    for (const name of [...metrics.values.keys()]) {
      if (this.names.size < MAX_NAMES) this.names.add(name);
      else if (!this.names.has(name)) metrics.values.delete(name);
    }
    if (metrics.values.size === 0) return;
    const { step } = metrics;
    if (step !== undefined) {
      if (this.at?.step !== step) this.at = { step, names: new Set() };
      for (const name of metrics.values.keys()) this.at.names.add(name);
    }
    found.push(metrics);
  }

  private enter(place: Place): void {
    const { epoch, step, within } = place;
    if (epoch === 0) this.fromZero = true;
    if (epoch !== undefined && !Number.isInteger(epoch)) this.hasFractions = true;
    if (epoch !== undefined && epoch !== this.place.epoch) {
      this.place = { epoch };
      // If only epochs are counted, each is a step.
      if (!this.counts && step === undefined) this.at = null;
    }
    if (within) this.place.within = within;
    if (step !== undefined || within?.of) this.counts = true;
  }

  private placed({ place, values }: LineReading): PrintedMetrics {
    this.enter(place);
    const { epoch } = this.place;
    const within = place.within ?? (place.step === undefined ? this.place.within : undefined);
    const before = epoch === undefined ? 0 : epoch - (this.fromZero ? 0 : 1);
    const isInEpoch = epoch !== undefined && within !== undefined && within.of !== null;
    let { step } = place;
    if (step === undefined && place.within) step = isInEpoch ? before * within!.of! + within!.at : undefined;
    else step ??= this.inherited(values);
    return { step, epoch: isInEpoch ? before + within.at / within.of! : epoch, values };
  }

  /** Step of a line that names none: the last one, unless the same was recorded there already. */
  private inherited(values: ReadonlyMap<string, number>): number | undefined {
    const step = this.at?.step ?? this.epochStep;
    if (step === undefined) return undefined;
    const isDouble = this.at?.step === step && [...values.keys()].some((name) => this.at!.names.has(name));
    return isDouble ? undefined : step;
  }

  /** The epoch as a step, for programs that count nothing else. */
  private get epochStep(): number | undefined {
    return this.hasFractions || this.counts ? undefined : this.place.epoch;
  }
}

const readShort = (line: string): LineReading | null => (line.length > LONGEST ? null : readText(line));

function withoutPrefix(text: string): string {
  let plain = text;
  for (const prefix of PREFIXES) plain = plain.replace(prefix, '');
  return plain;
}
