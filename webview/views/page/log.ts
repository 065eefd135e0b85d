import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import type { Run } from '../../../src/protocol/engine/index.js';
import { ansiPieces, type AnsiPiece } from '../../../src/output/ansi.js';
import { formatCount, formatBytes } from '../../../src/format/numbers.js';
import { l10n } from '../../../src/format/l10n.js';
import { button, checkbox, dropdown, textField } from '../../components/controls.js';
import { styles } from '../../components/cssVars.js';
import { emptyState } from '../../components/emptyState.js';
import { LogWindow, ranksIn, searchLog, type Hit } from '../../model/page/log.js';
import type { PanelModel } from '../../model/panel.js';
import { windowOf } from '../../model/table/virtual.js';
import { isLive } from '../../model/values.js';
import { TEST_IDS } from '../../testids.js';

const LINE = 18;
/** Milliseconds between two requests for new output of a running run. */
const FOLLOW = 1000;
/** The same for ranks that have begun to print. */
const RANKS = 5000;
/** Characters of a line that are shown. */
const LONGEST = 5000;
const COLORS = /\u001b\[[\d;:]*m/g;

/** A run's output: colored, searched as a whole, followed while it grows. Only the lines on the screen are rendered. */
class Log extends LitElement {
  static override properties = {
    model: { attribute: false },
    run: { attribute: false },
    follow: { state: true },
    rank: { state: true },
    wanted: { state: true },
    at: { state: true },
    error: { state: true },
  };
  declare model: PanelModel;
  declare run: Run;
  declare follow: boolean;
  /** Rank whose output is shown. */
  declare rank: number;
  declare wanted: string;
  /** Place of the chosen hit. */
  declare at: number;
  declare error: string | null;
  private log: LogWindow | null = null;
  /** Ranks with output. */
  private ranks: readonly number[] = [0];
  private ranksAt = 0;
  private hits: readonly Hit[] = [];
  /** Share of the output that was searched; 1: all of it. */
  private searched = 1;
  private turn = 0;
  private timer: ReturnType<typeof setInterval> | null = null;
  private searchTimer: ReturnType<typeof setTimeout> | null = null;
  private scrolled = 0;
  private marked: number | null = null;
  private loaded = false;
  private readonly resize = new ResizeObserver(() => this.requestUpdate());

  constructor() {
    super();
    this.follow = true;
    this.rank = 0;
    this.wanted = '';
    this.at = 0;
    this.error = null;
  }

  override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.timer = setInterval(() => void this.readOn(), FOLLOW);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    if (this.timer !== null) clearInterval(this.timer);
    this.resize.disconnect();
    this.turn++;
  }

  private readonly read = (params: Parameters<ConstructorParameters<typeof LogWindow>[0]>[0]) =>
    this.model.host.request('log/read', params);

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (this.log?.run !== this.run.id) {
      [this.rank, this.ranks] = [0, [0]];
      void this.readRanks();
    }
    if (this.log?.run === this.run.id && this.log.rank === this.rank) {
      const before = changed.get('run') as Run | undefined;
      // The last lines come with the end.
      if (before && isLive(before) && !isLive(this.run)) void this.readOn(true);
      return;
    }
    this.open();
    if (this.wanted !== '') this.search(this.wanted);
  }

  /** Shows the end of the chosen output; answers about an earlier one are ignored. */
  private open(): void {
    this.loaded = false;
    this.error = null;
    this.turn++;
    [this.hits, this.searched] = [[], 1];
    const log = (this.log = new LogWindow(this.read, this.run.id, this.rank, () => this.requestUpdate()));
    void this.doing(async () => {
      await log.end();
      if (log === this.log) this.loaded = true;
    });
  }

  protected override updated(): void {
    const scroller = this.querySelector<HTMLElement>('.log-scroll');
    if (!scroller) return;
    this.resize.observe(scroller);
    if (!this.follow) return;
    const bottom = scroller.scrollHeight - scroller.clientHeight;
    if (Math.abs(scroller.scrollTop - bottom) < 1) return;
    scroller.scrollTop = bottom;
    // The rows at the end are rendered next.
    if (this.scrolled !== scroller.scrollTop) {
      this.scrolled = scroller.scrollTop;
      this.requestUpdate();
    }
  }

  private async doing(work: () => Promise<unknown>): Promise<void> {
    const { log } = this;
    let problem: string | null = null;
    try {
      await work();
    } catch (error) {
      problem = error instanceof Error ? error.message : String(error);
    }
    if (log !== this.log) return;
    this.error = problem;
    this.requestUpdate();
  }

  /** Ranks begin to print one after the other. */
  private async readRanks(): Promise<void> {
    const { id } = this.run;
    this.ranksAt = Date.now();
    const { files } = await this.model.host.request('runs/files', { id }).catch(() => ({ files: [] }));
    if (this.run.id !== id) return;
    this.ranks = ranksIn(files);
    this.requestUpdate();
  }

  private async readOn(isLast = false): Promise<void> {
    if (!this.loaded || document.visibilityState === 'hidden') return;
    // Only the jobs of a cluster have several.
    const mayHaveRanks = isLive(this.run) && /^slurm /.test(this.run.device ?? '');
    if (isLast || (mayHaveRanks && Date.now() - this.ranksAt > RANKS)) void this.readRanks();
    if (!this.follow) return;
    if (!isLast && !isLive(this.run) && this.log!.isAtEnd) return;
    const log = this.log!;
    await this.doing(async () => {
      for (let i = 0; i < 20 && (await log.later()); i++) if (log.isAtEnd) break;
    });
  }

  private readonly scrolledBy = (event: Event) => {
    const scroller = event.target as HTMLElement;
    const up = scroller.scrollTop < this.scrolled;
    this.scrolled = scroller.scrollTop;
    const bottom = scroller.scrollHeight - scroller.clientHeight - scroller.scrollTop;
    if (up && bottom > LINE * 2) this.follow = false;
    else if (bottom <= 1 && this.log!.isAtEnd) this.follow = true;
    if (scroller.scrollTop < LINE * 5 && this.log!.from > 0) void this.earlier(scroller);
    else if (bottom < LINE * 5 && !this.log!.isAtEnd) void this.doing(() => this.log!.later());
    this.requestUpdate();
  };

  /** Reads the previous part, and keeps the visible lines in place. */
  private async earlier(scroller: HTMLElement): Promise<void> {
    const log = this.log!;
    const before = log.lines.length;
    const end = log.to;
    await this.doing(() => log.earlier());
    if (log !== this.log || log.to !== end) return;
    await this.updateComplete;
    scroller.scrollTop += (log.lines.length - before) * LINE;
  }

  private jump(to: 'start' | 'end'): void {
    this.follow = to === 'end';
    this.marked = null;
    const log = this.log!;
    void this.doing(async () => {
      await (to === 'end' ? log.end() : log.around(0));
      if (to === 'end' || log !== this.log) return;
      await this.updateComplete;
      const scroller = this.querySelector<HTMLElement>('.log-scroll');
      if (scroller) scroller.scrollTop = 0;
    });
  }

  // ---- searching ----

  private search(wanted: string): void {
    this.wanted = wanted;
    if (this.searchTimer !== null) clearTimeout(this.searchTimer);
    this.searchTimer = setTimeout(() => void this.searchNow(), 250);
  }

  private async searchNow(): Promise<void> {
    const turn = ++this.turn;
    [this.hits, this.searched, this.at, this.marked] = [[], 0, -1, null];
    await this.doing(async () => {
      const hits = await searchLog(this.read, { run: this.run.id, rank: this.rank }, this.wanted, (share, found) => {
        if (turn !== this.turn) return false;
        this.searched = share;
        this.hits = [...found];
        this.requestUpdate();
        return true;
      });
      if (turn !== this.turn) return;
      this.hits = hits;
      this.searched = 1;
      if (hits.length > 0) await this.go(hits.length - 1);
    });
  }

  private async go(to: number): Promise<void> {
    const hit = this.hits[(to + this.hits.length) % this.hits.length];
    if (!hit) return;
    this.at = (to + this.hits.length) % this.hits.length;
    this.follow = false;
    const log = this.log!;
    if (hit.offset < log.from || hit.offset >= log.to) await log.around(hit.offset);
    if (log !== this.log) return;
    this.marked = log.lineAt(hit.offset);
    this.requestUpdate();
    await this.updateComplete;
    const scroller = this.querySelector<HTMLElement>('.log-scroll')!;
    scroller.scrollTop = Math.max(0, this.marked * LINE - scroller.clientHeight / 2);
  }

  private readonly keys = (event: KeyboardEvent) => {
    if (event.key === 'F3' || (event.key === 'Enter' && this.wanted !== ''))
      void this.doing(() => this.go(this.at + (event.shiftKey ? -1 : 1)));
    else if (event.key === 'f' && (event.ctrlKey || event.metaKey))
      this.querySelector<HTMLElement>('.log-search')?.focus();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  private toolbar(): TemplateResult {
    const { hits, wanted, searched } = this;
    const found =
      searched < 1
        ? l10n.t('{0} found, {1} % searched', formatCount(hits.length), Math.floor(searched * 100))
        : hits.length === 0
          ? l10n.t('not found')
          : l10n.t('{0} of {1}', formatCount(this.at + 1), formatCount(hits.length));
    const log = this.log!;
    return html`<div class="toolbar" role="toolbar" aria-label=${l10n.t('Log')}>
      ${this.rankPicker()}
      ${textField({
        label: l10n.t('Search the log'),
        placeholder: l10n.t('Search the log'),
        icon: 'search',
        value: wanted,
        testId: TEST_IDS.logSearch,
        onInput: (text) => this.search(text),
      })}
      ${
        wanted === ''
          ? nothing
          : html`<span class="hint" role="status" data-testid=${TEST_IDS.logFound} data-hits=${hits.length}
                >${found}</span
              >
              ${button({ label: l10n.t('Previous hit'), icon: 'arrow-up', iconOnly: true, disabled: hits.length === 0, onClick: () => void this.doing(() => this.go(this.at - 1)) })}
              ${button({ label: l10n.t('Next hit'), icon: 'arrow-down', iconOnly: true, disabled: hits.length === 0, onClick: () => void this.doing(() => this.go(this.at + 1)) })}`
      }
      <span class="spacer"></span>
      ${checkbox({ label: l10n.t('Follow'), checked: this.follow, testId: TEST_IDS.logFollow, onChange: (on) => (on ? this.jump('end') : (this.follow = false)) })}
      ${button({ label: l10n.t('Go to the beginning'), icon: 'arrow-circle-up', iconOnly: true, onClick: () => this.jump('start') })}
      ${button({ label: l10n.t('Go to the end'), icon: 'arrow-circle-down', iconOnly: true, onClick: () => this.jump('end') })}
      ${button({ label: l10n.t('Open in Editor'), icon: 'go-to-file', iconOnly: true, disabled: this.rank > 0, onClick: () => this.model.host.command('tunesmith.run.openLog', this.run.id) })}
      <span class="hint">${formatBytes(log.size)}</span>
    </div>`;
  }

  private rankPicker(): TemplateResult | typeof nothing {
    if (this.ranks.length < 2) return nothing;
    return dropdown({
      label: l10n.t('Rank whose output is shown'),
      value: String(this.rank),
      options: this.ranks.map((rank) => ({ value: String(rank), label: l10n.t('Rank {0}', rank) })),
      testId: TEST_IDS.logRank,
      onChange: (rank) => (this.rank = Number(rank)),
    });
  }

  private line(text: string, index: number): TemplateResult {
    const shown = text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
    const pieces = ansiPieces(shown).map((each) => piece(each, this.wanted));
    const look = index === this.marked ? 'log-line marked' : 'log-line';
    // On one line: blanks in here would be shown.
    return html`<div class=${look}>${pieces}</div>`;
  }

  /** Returns what stands in place of the lines while there are none to show. */
  private nothing(log: LogWindow): TemplateResult | null {
    if (this.error !== null && (!this.loaded || log.size === 0))
      return emptyState(
        'error',
        l10n.t('The log can’t be read'),
        this.error,
        button({
          ...{ label: l10n.t('Try again'), icon: 'refresh', look: 'primary', testId: TEST_IDS.tryAgain },
          onClick: () => this.open(),
        }),
      );
    if (!this.loaded) return emptyState('loading', l10n.t('Reading the log…'));
    if (log.size > 0 || this.ranks.length > 1) return null;
    return emptyState(
      'output',
      isLive(this.run) ? l10n.t('Nothing is printed yet') : l10n.t('This run printed nothing'),
    );
  }

  override render(): TemplateResult {
    const log = this.log!;
    const empty = this.nothing(log);
    // The other ranks can be chosen whatever became of this one.
    if (empty) return this.ranks.length > 1 ? html`${this.toolbar()}${empty}` : empty;
    const { lines } = log;
    const scroller = this.querySelector<HTMLElement>('.log-scroll');
    const { first, end, before, after } = windowOf(
      this.scrolled,
      scroller?.clientHeight ?? 600,
      LINE,
      lines.length,
      30,
    );
    return html`${this.toolbar()}
      ${this.error === null ? nothing : html`<p class="notice" role="alert">${this.error}</p>`}
      <div
        class="log-scroll"
        tabindex="0"
        role="log"
        aria-live="off"
        aria-label=${l10n.t('Output of {0}', this.run.name)}
        data-testid=${TEST_IDS.log}
        data-lines=${lines.length}
        @scroll=${this.scrolledBy}
        @keydown=${this.keys}
      >
        ${log.from > 0 ? html`<p class="hint log-cut">${l10n.t('{0} before this', formatBytes(log.from))}</p>` : nothing}
        <div ${styles({ height: `${before}px` })}></div>
        ${lines.slice(first, end).map((text, i) => this.line(text, first + i))}
        <div ${styles({ height: `${after}px` })}></div>
      </div>`;
  }
}
customElements.define('ts-log', Log);

/** A piece of a line in its colours, with the searched text marked. */
function piece(each: AnsiPiece, wanted: string): TemplateResult {
  const text = each.text.replaceAll(COLORS, '');
  const classes = [
    each.bold && 'bold',
    each.dim && 'dim',
    each.italic && 'italic',
    each.underline && 'underline',
    typeof each.color === 'number' && `ansi-${each.color}`,
    typeof each.background === 'number' && `ansi-bg-${each.background}`,
    each.inverse && 'inverse',
  ].filter(Boolean);
  const own: Record<string, string> = {};
  if (typeof each.color === 'string') own.color = each.color;
  if (typeof each.background === 'string') own['background-color'] = each.background;
  const words = marked(text, wanted);
  if (classes.length === 0 && Object.keys(own).length === 0) return words;
  return html`<span class=${classes.join(' ')} ${styles(own)}>${words}</span>`;
}

function marked(text: string, wanted: string): TemplateResult {
  const needle = wanted.toLowerCase();
  const lower = text.toLowerCase();
  if (needle === '' || lower.length !== text.length) return html`${text}`;
  const parts: (string | TemplateResult)[] = [];
  let from = 0;
  for (let at = lower.indexOf(needle); at >= 0; at = lower.indexOf(needle, from)) {
    parts.push(text.slice(from, at), html`<mark>${text.slice(at, at + needle.length)}</mark>`);
    from = at + needle.length;
  }
  parts.push(text.slice(from));
  return html`${parts}`;
}
