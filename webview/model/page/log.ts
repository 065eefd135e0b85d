/** A run's output in lines, read in pieces: its end at first, earlier and later pieces when they are asked for. */
import type { RequestParams, RequestResult } from '../../../src/protocol/engine/index.js';
import { rankOfOutput } from '../../../src/protocol/run/runFiles.js';
import { LineFolder } from '../../../src/output/lineFolder.js';

/** Bytes that are shown at once at most, and that one piece has. */
export const WINDOW = 524_288;
export const PIECE = 131_072;
/**
 * Number of characters after which text starts a new segment, so that a live log is not folded as a whole each time.
 */
const SEGMENT = 32_768;
/** Bytes that a search reads in one request, and the hits that it finds at most. */
const SEARCH_PIECE = 4_194_304;
const MOST_HITS = 10_000;

type Read = (params: RequestParams<'log/read'>) => Promise<RequestResult<'log/read'>>;

/** A place in the output at which a searched text begins, in bytes. */
export interface Hit {
  offset: number;
}

/** Consecutive text that is folded into lines once; it ends with a whole line unless it is the last. */
interface Segment {
  /** Offset of its first byte. */
  start: number;
  text: string;
  lines: readonly string[] | null;
}

const bytesIn = (text: string): number => new TextEncoder().encode(text).length;

/** Part of the output that is shown. */
export class LogWindow {
  /** End of the loaded part, and size of the whole output, in bytes. */
  to = 0;
  size = 0;
  private segments: Segment[] = [];
  private reading: Promise<void> | null = null;

  constructor(
    private readonly read: Read,
    readonly run: string,
    /** Rank of a training on several nodes whose output it is; 0 for all other runs. */
    readonly rank: number,
    private readonly onNews: () => void,
  ) {}

  /** Lines with their colours, progress bars folded into their last state. */
  get lines(): readonly string[] {
    return this.segments.flatMap((segment) => (segment.lines ??= linesOf(segment.text)));
  }
  /** Offset of the first byte that is held. */
  get from(): number {
    return this.segments[0]?.start ?? 0;
  }
  get isAtEnd(): boolean {
    return this.to >= this.size;
  }

  /** Shows the end of the output. */
  end(): Promise<void> {
    return this.inTurn(async () => this.alone(await this.ask(-WINDOW, WINDOW)));
  }

  /** Shows the surroundings of a place. */
  around(offset: number): Promise<void> {
    return this.inTurn(async () => this.alone(await this.ask(Math.max(0, offset - WINDOW / 2), WINDOW)));
  }

  earlier(): Promise<void> {
    return this.inTurn(async () => {
      if (this.from === 0) return;
      const start = Math.max(0, this.from - PIECE);
      const { text } = await this.ask(start, this.from - start);
      const cut = text.lastIndexOf('\n') + 1;
      const first = this.segments[0]!;
      const carried = text.slice(cut);
      this.segments[0] = { start: first.start - bytesIn(carried), text: carried + first.text, lines: null };
      if (cut > 0) this.segments.unshift({ start, text: text.slice(0, cut), lines: null });
      while (this.to - this.from > WINDOW * 1.5 && this.segments.length > 1) this.to = this.segments.pop()!.start;
      this.onNews();
    });
  }

  /** Reads the next piece, or new output. Returns true if there was any. */
  async later(): Promise<boolean> {
    let grown = false;
    await this.inTurn(async () => {
      const answer = await this.ask(this.to, PIECE);
      this.size = answer.size;
      grown = answer.next > this.to;
      if (!grown) return;
      this.append(answer);
      while (this.to - this.from > WINDOW * 1.5 && this.segments.length > 1) this.segments.shift();
      this.onNews();
    });
    return grown;
  }

  /** Index of the line that contains a byte. */
  lineAt(offset: number): number {
    let lines = 0;
    for (const segment of this.segments) {
      const inner = offset - segment.start;
      const bytes = new TextEncoder().encode(segment.text);
      if (inner < bytes.length) {
        const before = new TextDecoder().decode(bytes.subarray(0, Math.max(0, inner)));
        return lines + Math.max(0, linesOf(`${before}.`).length - 1);
      }
      lines += (segment.lines ??= linesOf(segment.text)).length;
    }
    return Math.max(0, lines - 1);
  }

  private ask(offset: number, limit: number): Promise<RequestResult<'log/read'>> {
    return this.read({ run: this.run, ...(this.rank > 0 && { rank: this.rank }), offset, limit: Math.max(1, limit) });
  }

  private alone(answer: RequestResult<'log/read'>): void {
    this.segments = [];
    this.size = answer.size;
    this.append(answer);
    this.onNews();
  }

  private append({ offset, text, next, size }: RequestResult<'log/read'>): void {
    const last = this.segments.at(-1);
    const cut = last ? last.text.lastIndexOf('\n') + 1 : 0;
    if (last && last.text.length < SEGMENT) {
      last.text += text;
      last.lines = null;
    } else {
      // The unfinished line continues in the new segment.
      const carried = last?.text.slice(cut) ?? '';
      if (last && carried !== '') Object.assign(last, { text: last.text.slice(0, cut), lines: null });
      this.segments.push({ start: offset - bytesIn(carried), text: carried + text, lines: null });
    }
    [this.to, this.size] = [next, Math.max(next, size)];
  }

  private async inTurn(work: () => Promise<void>): Promise<void> {
    while (this.reading) await this.reading.catch(() => {});
    this.reading = work();
    try {
      await this.reading;
    } finally {
      this.reading = null;
    }
  }
}

/** The lines that a terminal would show in the end, with their colours. */
export function linesOf(output: string): string[] {
  const folder = new LineFolder({ colors: true });
  const text = folder.push(output) + folder.end();
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

/** Returns the ranks whose output can be shown, 0 first, by the files of a run. */
export function ranksIn(files: readonly { path: string }[]): number[] {
  const others = files.flatMap(({ path }) => rankOfOutput(path) ?? []);
  return [0, ...others.sort((a, b) => a - b)];
}

/** Searches the whole output for a text, in either case. `onProgress`: share that is read; stops when it returns false. */
export async function searchLog(
  read: Read,
  { run, rank }: { run: string; rank: number },
  wanted: string,
  onProgress: (share: number, hits: readonly Hit[]) => boolean,
): Promise<Hit[]> {
  const needle = wanted.toLowerCase();
  const hits: Hit[] = [];
  if (needle === '') return hits;
  for (let offset = 0; ;) {
    const answer = await read({ run, ...(rank > 0 && { rank }), offset, limit: SEARCH_PIECE });
    const text = answer.text.toLowerCase();
    // Lower case of a few letters is longer than they are: offsets refer to the original text.
    const source = text.length === answer.text.length ? answer.text : text;
    for (let at = text.indexOf(needle), before = 0, place = answer.offset; at >= 0; at = text.indexOf(needle, at + 1)) {
      place += bytesIn(source.slice(before, at));
      before = at;
      hits.push({ offset: place });
      if (hits.length >= MOST_HITS) return hits;
    }
    const done = answer.next >= answer.size || answer.next <= offset;
    if (!onProgress(done ? 1 : answer.next / answer.size, hits) || done) return hits;
    // A text across two pieces is found in the second.
    const overlap = Math.min(bytesIn(wanted) - 1, answer.next - offset - 1);
    offset = answer.next - Math.max(0, overlap);
  }
}
