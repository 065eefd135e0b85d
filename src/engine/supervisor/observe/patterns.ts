import { createContext, Script, type Context } from 'node:vm';
import { patternSource, PLACE_GROUPS } from '../../../protocol/run/outputPattern.js';
import type { PrintedMetrics } from '../../../output/metrics/reader.js';
import { Lines } from '../../../output/metrics/lines.js';
import { setEntry } from '../../../protocol/values/records.js';
import { said } from '../../../format/said.js';
import type { Said } from '../../../protocol/said.js';

/** Maximum time of one pattern for one batch of lines, in milliseconds. */
const MAX_MS = 100;
/** Attempts of a pattern whose time went to other processes. */
const MOST_ATTEMPTS = 10;
/** Lines that are matched at once, and characters of each. */
const MAX_LINES = 1000;
const LONGEST = 2000;
/** Different names that patterns may find by `(?<name>…)`. */
const MAX_NAMES = 500;
/** Runs in a separate context, which can be ended from outside in the middle of a match. */
const FIND = `(() => {
  const pattern = new RegExp(source, 'u');
  return JSON.stringify(JSON.parse(lines).map((line) => pattern.exec(line)?.groups ?? null));
})()`;

/** Reads metrics by a person's regular expressions. A pattern that takes too long is given up, so that none holds us up. */
export class PatternReader {
  private readonly lines = new Lines();
  private readonly context: Context = createContext(Object.create(null) as object);
  private readonly script = new Script(FIND);
  private readonly names = new Set<string>();
  private patterns: string[];

  constructor(
    patterns: readonly string[],
    /** Says why a pattern is given up. */
    private readonly warn: (text: Said) => void,
  ) {
    this.patterns = [...patterns];
  }

  push(piece: string): PrintedMetrics[] {
    return this.read(this.lines.push(piece).map(({ text }) => text));
  }

  end(): PrintedMetrics[] {
    return this.read(this.lines.end().map(({ text }) => text));
  }

  private read(lines: string[]): PrintedMetrics[] {
    const found: PrintedMetrics[][] = [];
    for (let from = 0; from < lines.length; from += MAX_LINES) {
      const some = lines.slice(from, from + MAX_LINES).map((line) => line.slice(0, LONGEST));
      for (const pattern of this.patterns) {
        this.match(pattern, some).forEach((groups, i) => {
          const metrics = groups && this.metrics(groups);
          if (metrics) (found[from + i] ??= []).push(metrics);
        });
      }
    }
    return found.flat();
  }

  private match(pattern: string, lines: readonly string[]): (Record<string, string | undefined> | null)[] {
    try {
      this.context.source = patternSource(pattern);
      this.context.lines = JSON.stringify(lines);
      return JSON.parse(this.find()) as (Record<string, string> | null)[];
    } catch (error) {
      this.patterns = this.patterns.filter((other) => other !== pattern);
      const isSlow = isTimeout(error);
      const named = JSON.stringify(pattern);
      this.warn(
        isSlow
          ? said(
              'The pattern {0} of capture.output takes too long on what the program prints; it is ignored for this run.',
              named,
            )
          : said(
              "The pattern {0} of capture.output can't be used ({1}); it is ignored for this run.",
              named,
              (error as Error).message,
            ),
      );
      return [];
    }
  }

  /** Runs the script. Throws if it takes too long, not counting the time in which a busy machine did something else. */
  private find(): string {
    for (let attempt = 1; ; attempt++) {
      const before = process.cpuUsage();
      try {
        return this.script.runInContext(this.context, { timeout: MAX_MS }) as string;
      } catch (error) {
        const { user, system } = process.cpuUsage(before);
        const wasAtWork = (user + system) / 1000 > MAX_MS / 2;
        if (!isTimeout(error) || wasAtWork || attempt === MOST_ATTEMPTS) throw error;
      }
    }
  }

  private metrics(groups: Record<string, string | undefined>): PrintedMetrics | null {
    const values = new Map<string, number>();
    const all: Record<string, string | undefined> = {};
    for (const [name, text] of Object.entries(groups)) {
      if (!PLACE_GROUPS.includes(name)) setEntry(all, name.replace(/(?<=.)__(?=.)/g, '/'), text);
    }
    if (groups.name !== undefined) setEntry(all, groups.name, groups.value);
    for (const [name, text] of Object.entries(all)) {
      const value = numberOf(text);
      if (value === undefined || name === '' || name.length > 100) continue;
      if (!this.names.has(name) && this.names.size >= MAX_NAMES) continue;
      this.names.add(name);
      values.set(name, value);
    }
    if (values.size === 0) return null;
    const step = numberOf(groups.step);
    const epoch = numberOf(groups.epoch);
    const finite = (value: number | undefined): number | undefined => (Number.isFinite(value) ? value : undefined);
    return { step: finite(step) ?? finite(epoch), epoch: finite(epoch), values };
  }
}

const isTimeout = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT';

/** Undefined: no number. */
function numberOf(text: string | undefined): number | undefined {
  const plain = text
    ?.trim()
    .replace(/%$/, '')
    .replace(/,(?=\d{3}(?:\D|$))/g, '');
  if (!plain) return undefined;
  if (/^[+-]?inf(?:inity)?$/i.test(plain)) return plain.startsWith('-') ? -Infinity : Infinity;
  if (/^nan$/i.test(plain)) return NaN;
  const value = Number(plain);
  return Number.isNaN(value) ? undefined : value;
}
