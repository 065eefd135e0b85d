import type { Search } from '../../../src/protocol/engine/index.js';
import type { ImportanceMethod, Insight, InsightPart } from '../../../src/protocol/engine/insight.js';
import type { RequestParams, RequestResult } from '../../../src/protocol/engine/index.js';
import { entryOf, setEntry } from '../../../src/protocol/values/records.js';

/** The selected insights of the displayed search. */
export interface InsightWish {
  objective: number;
  method: ImportanceMethod;
  /** Parameters whose joint effect is shown; null: the two most important ones. */
  pair: [string, string] | null;
}

export type AskInsight = (params: RequestParams<'searches/insight'>) => Promise<RequestResult<'searches/insight'>>;

/** Minimum time between two readings of a running search, also as a multiple of the duration of the last one. */
const LEAST_PAUSE = 4000;
const PAUSE = 10;

/** Insights of the displayed search, updated as trials end. Parts that take longer come later. */
export class Insights {
  /** Without curves and surface. */
  facts: Insight | null = null;
  curves: Insight['curves'] = null;
  surface: Insight['surface'] = null;
  busy = false;
  error: string | null = null;
  private of: string | null = null;
  private known: Record<string, string> = {};
  private restUntil = 0;
  private timer: ReturnType<typeof setTimeout> | null = null;

  constructor(
    private readonly ask: AskInsight,
    private readonly onNews: () => void,
  ) {}

  /** Call it whenever the search is rendered: requests missing or outdated insights, one at a time. */
  show(search: Search | null, wish: InsightWish): void {
    if (search?.id !== this.of) this.forget(search?.id ?? null);
    if (!search || this.busy || this.error !== null) return;
    const { completed, pruned, failed } = search.counts;
    const trials = `${completed} ${pruned} ${failed}`;
    const base = `${wish.objective} ${wish.method}`;
    const pair = wish.pair?.join('\n') ?? this.twoMost()?.join('\n');
    const steps: [name: string, version: string, wished: string, read: () => Promise<void>][] = [
      ['facts', trials, base, () => this.readFacts(search.id, wish)],
      ['curves', trials, String(wish.objective), () => this.readCurves(search.id, wish)],
      ['surface', trials, `${wish.objective} ${pair}`, () => this.readSurface(search.id, wish)],
    ];
    const now = Date.now();
    for (const [name, version, wished, read] of steps) {
      const before = entryOf(this.known, name);
      if (before === `${version}|${wished}`) continue;
      // A new wish of the person is requested at once, news of trials when they are worth it.
      const older = before?.endsWith(`|${wished}`) ?? false;
      if (older && now < this.restUntil) {
        this.later(this.restUntil - now);
        continue;
      }
      setEntry(this.known, name, `${version}|${wished}`);
      void this.read(read, search.id);
      return;
    }
  }

  /** After an error. */
  retry(): void {
    this.forget(this.of);
    this.onNews();
  }

  dispose(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }

  /** The two most important parameters. */
  twoMost(): [string, string] | null {
    const importance = this.facts?.importance;
    const [a, b] = importance && 'shares' in importance ? importance.shares : [];
    return a && b ? [a.name, b.name] : null;
  }

  private forget(next: string | null): void {
    this.of = next;
    this.facts = this.curves = this.surface = this.error = null;
    this.known = {};
    this.restUntil = 0;
  }

  private later(wait: number): void {
    this.timer ??= setTimeout(() => {
      this.timer = null;
      this.onNews();
    }, wait);
  }

  private async read(read: () => Promise<void>, id: string): Promise<void> {
    this.busy = true;
    const before = Date.now();
    try {
      await read();
    } catch (error) {
      if (id === this.of) this.error = error instanceof Error ? error.message : String(error);
    } finally {
      this.busy = false;
      const now = Date.now();
      this.restUntil = Math.max(this.restUntil, now + Math.max(LEAST_PAUSE, PAUSE * (now - before)));
      this.onNews();
    }
  }

  private async readFacts(id: string, { objective, method }: InsightWish): Promise<void> {
    const parts: InsightPart[] = ['history', 'importance', 'left', 'front'];
    const facts = await this.ask({ id, objective, method, parts });
    if (id === this.of) this.facts = facts;
  }

  private async readCurves(id: string, { objective }: InsightWish): Promise<void> {
    const { curves } = await this.ask({ id, objective, parts: ['curves'] });
    if (id === this.of) this.curves = curves;
  }

  private async readSurface(id: string, { objective, pair }: InsightWish): Promise<void> {
    const names = pair ?? this.twoMost();
    const { surface } = names ? await this.ask({ id, objective, parts: [], surface: names }) : { surface: null };
    if (id === this.of) this.surface = surface;
  }
}
