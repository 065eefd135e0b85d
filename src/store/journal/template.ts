/**
 * Lines of metrics that differ from a line that was read before by their numbers alone. A program writes the same line again
 * and again, so what stands between its numbers is compared byte by byte, and only the numbers are read. Such a line is the
 * same JSON but for the numbers: what a template says of the line it was made from holds for it as well.
 */
import { TIME_LIMIT } from '../../protocol/values/time.js';
import { DecimalReader } from './decimal.js';
import { parseLine, type MetricsLine } from './parse.js';

/** Longer lines, and lines with more numbers, make no template. */
const MAX_TEXT = 2 ** 16;
const MAX_NUMBERS = 2000;
/** Stands for a number of a line: the first of them, and those behind it for the next numbers. */
const MARK = 1_000_000;
const QUOTE = 34;
const BACKSLASH = 92;

const reader = new DecimalReader();
const numbers = new Float64Array(MAX_NUMBERS);

export class Template implements MetricsLine {
  /** Lines with problems make no template. */
  readonly problem = null;
  /** Metrics in the order in which they count. */
  readonly names: readonly string[];
  /** The last line that matched. `step` null: it has none; `time`, `epoch` NaN: likewise, or none that is usable. */
  step: number | null = null;
  time = NaN;
  epoch = NaN;
  readonly values: Float64Array;

  private constructor(
    private readonly literals: readonly Uint8Array[],
    private readonly stepAt: number,
    private readonly timeAt: number,
    private readonly epochAt: number,
    names: readonly string[],
    private readonly valuesAt: Int32Array,
  ) {
    this.names = names;
    this.values = new Float64Array(names.length);
  }

  /** Makes a template from a line of metrics (without its newline); null if its like can't be told by its numbers. */
  static learn(line: Buffer): Template | null {
    const literals = line.length > MAX_TEXT ? null : split(line);
    if (!literals) return null;
    const [first, ...others] = literals.map((literal) => literal.toString('utf8'));
    const marked = others.reduce((text, literal, i) => `${text}${MARK + i}${literal}`, first!);
    const parsed = parseLine(marked, 0);
    if (parsed.kind !== 'metrics' || parsed.metrics.problem) return null;
    const { step, time, epoch, names, values } = parsed.metrics;
    const place = (value: number): number => (value >= MARK && value < MARK + others.length ? value - MARK : -1);
    const valuesAt = Int32Array.from(Array.from(values, place));
    if (names.length === 0 || valuesAt.includes(-1)) return null;
    return new Template(
      literals.map((literal) => Uint8Array.from(literal)),
      step === null ? -1 : place(step),
      place(time),
      place(epoch),
      names,
      valuesAt,
    );
  }

  /**
   * Reads the line at `at`, in bytes whose last newline is at `end`. Returns where the next line begins; -1: it is not of this
   * kind, or has to be read in another way.
   */
  match(bytes: Buffer, at: number, end: number): number {
    const { literals } = this;
    const last = literals.length - 1;
    for (let i = 0; ; i++) {
      const literal = literals[i] as Uint8Array;
      if (at + literal.length > end) return -1;
      for (let k = 0; k < literal.length; k++) if (bytes[at + k] !== literal[k]) return -1;
      at += literal.length;
      if (i === last) break;
      at = reader.read(bytes, at);
      if (at < 0) return -1;
      numbers[i] = reader.value;
    }
    if (bytes[at] !== 10) return -1;
    if (this.stepAt >= 0) {
      const step = numbers[this.stepAt] as number;
      // The line can't be read, and the slow way says why.
      if (step - step !== 0) return -1;
      this.step = step;
    }
    if (this.timeAt >= 0) {
      const time = numbers[this.timeAt] as number;
      this.time = Math.abs(time) <= TIME_LIMIT ? time : NaN;
    }
    if (this.epochAt >= 0) {
      const epoch = numbers[this.epochAt] as number;
      this.epoch = epoch - epoch === 0 ? epoch : NaN;
    }
    const { values, valuesAt } = this;
    for (let i = 0; i < valuesAt.length; i++) values[i] = numbers[valuesAt[i] as number] as number;
    return at + 1;
  }
}

/** Returns what stands between the numbers of a line; null: it has none, too many, or NUL bytes. */
function split(line: Buffer): Buffer[] | null {
  const literals: Buffer[] = [];
  let from = 0;
  let inText = false;
  for (let at = 0; at < line.length; at++) {
    const c = line[at] as number;
    if (c === 0) return null;
    if (inText) {
      if (c === BACKSLASH) at++;
      else if (c === QUOTE) inText = false;
      continue;
    }
    if (c === QUOTE) inText = true;
    else if (c === 45 || (c >= 48 && c <= 57)) {
      const end = reader.read(line, at);
      if (end < 0 || literals.length >= MAX_NUMBERS) return null;
      literals.push(line.subarray(from, at));
      from = end;
      at = end - 1;
    }
  }
  if (literals.length === 0 || inText) return null;
  literals.push(line.subarray(from));
  return literals;
}

/** Lines that may make templates without one that is used again. */
const PATIENCE = 64;

/** Templates of the lines that were read last, of one journal or of all. */
export class Templates {
  /** Place behind the line that was read last. */
  next = 0;
  private readonly kept: Template[] = [];
  private futile = 0;

  /** `others`: templates of all journals, as runs of one program write the same lines. */
  constructor(
    private readonly most: number,
    private readonly others: Templates | null = null,
  ) {}

  /** Reads a line by one of the templates and returns it, with the place behind the line in `next`; null: none fits. */
  read(bytes: Buffer, at: number, end: number): Template | null {
    const { kept } = this;
    for (let i = 0; i < kept.length; i++) {
      const template = kept[i] as Template;
      const next = template.match(bytes, at, end);
      if (next < 0) continue;
      if (i > 0) {
        kept.splice(i, 1);
        kept.unshift(template);
      }
      this.next = next;
      this.futile = 0;
      return template;
    }
    const found = this.others?.read(bytes, at, end) ?? null;
    if (!found) return null;
    this.next = this.others!.next;
    this.keep(found);
    return found;
  }

  /** Makes a template of a line of metrics that was read in full. */
  learn(line: Buffer): void {
    // Lines that never come again are not worth the work.
    if (++this.futile > PATIENCE && this.futile % PATIENCE !== 0) return;
    const template = Template.learn(line);
    if (!template) return;
    this.keep(template);
    this.others?.keep(template);
  }

  private keep(template: Template): void {
    this.kept.unshift(template);
    if (this.kept.length > this.most) this.kept.pop();
  }
}
