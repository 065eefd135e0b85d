import type { FirstCurves, RequestResult, Run, RunQuery } from '../../src/protocol/engine/index.js';
import type { Host } from '../host.js';
import type { Catalogue } from './catalogue.js';
import type { Connection } from './connection.js';
import type { FirstSeries } from './charts/feed.js';
import { MOST, NEWEST } from './runs/drawn.js';
import { idle } from '../components/idle.js';
import type { Selection } from './selection.js';
import { isLive } from './values.js';
import { l10n } from '../../src/format/l10n.js';

export interface LoaderParts {
  host: Pick<Host, 'request' | 'openForm'>;
  catalogue: Catalogue;
  selection: Selection;
  connection: Connection;
  /** Metrics that rows are to have. */
  metrics(): string[];
  /** Curves that are to come with the first rows; null: none are drawn. */
  curves(): FirstCurves | null;
  /** Called after a complete reading, with the curves that were asked for and are to come. */
  onLoaded(curves: ComingCurves | null): void;
  /** Called after rows of the selection have come. */
  onRows(): void;
  fail(doing: string, error: unknown): void;
}

/** Curves of the objective of the first runs of a list. */
export interface ComingCurves {
  asked: FirstCurves;
  series: Promise<FirstSeries>;
}

interface Rows {
  runs: Run[];
  searches: RequestResult<'searches/list'>['searches'];
  curves: ComingCurves | null;
}

/** Reads the rows on the screen from the engine into the catalogue. */
export class Loader {
  private turn = 0;
  private order: string[] | null = null;
  private rankTimer: ReturnType<typeof setTimeout> | null = null;

  constructor(private readonly parts: LoaderParts) {}

  /** Ids of the first runs by the person's column; null: the newest are drawn. */
  get ranked(): readonly string[] | null {
    return this.order;
  }

  /** Reads rows with the metrics that are shown. */
  private async list(query: RunQuery): Promise<Run[]> {
    const { host, metrics } = this.parts;
    return (await host.request('runs/list', { ...query, metrics: metrics() })).runs;
  }

  /** Reads the first runs by the person's column. */
  async rank(): Promise<void> {
    const { catalogue, selection, fail } = this.parts;
    const { experiment } = selection.state;
    if (experiment === null) return;
    try {
      const { by, descending, count } = selection.view.draw;
      const runs = await this.list({ experiment, sort: by, descending, limit: count });
      if (experiment !== selection.state.experiment) return;
      this.order = by === 'createdAt' && descending ? null : runs.map(({ id }) => id);
      catalogue.take(runs);
    } catch (error) {
      fail(l10n.t('Reading the runs'), error);
    }
  }

  /** Reads the first runs again, at most every other second, if they are not just the newest. */
  rankSoon(tell: () => void): void {
    if (this.order === null || this.rankTimer !== null) return;
    this.rankTimer = setTimeout(() => {
      this.rankTimer = null;
      void this.rank().then(tell);
    }, 2000);
  }

  /** Reads everything on the screen again. */
  async refresh(): Promise<void> {
    const { catalogue, selection, connection, host, onLoaded, fail } = this.parts;
    const turn = ++this.turn;
    try {
      // Most panels open with the experiment that they showed before: its rows are asked for together with the experiments.
      const early = this.early();
      const { experiments } = await host.request('experiments/list', {});
      if (turn !== this.turn) return;
      catalogue.setExperiments(experiments);
      const [newest] = catalogue.experiments;
      const known = catalogue.experiments.some(({ name }) => name === selection.state.experiment);
      // A file that was opened and has no runs yet stays selected.
      const isOpen = catalogue.form !== null && catalogue.form.name === selection.state.experiment;
      if (!known && !isOpen && newest && !selection.state.selected) selection.setState({ experiment: newest.name });
      const { experiment } = selection.state;
      let curves: Rows['curves'] = null;
      if (experiment !== null) {
        const read = await (early?.experiment === experiment ? early.rows : this.rows(experiment));
        if (turn !== this.turn) return;
        ({ curves } = read);
        catalogue.take(read.runs);
        catalogue.setSearches(read.searches);
      }
      await this.missing();
      if (turn !== this.turn) return;
      // One experiment is selected with its own file; without one, no other file's form is shown.
      const isOwn = catalogue.form?.file === selection.state.file && catalogue.form?.name === experiment;
      const first = experiment === null ? catalogue.files[0]?.file : undefined;
      const file = isOwn ? selection.state.file : (catalogue.fileOf(experiment) ?? first ?? null);
      if (file !== selection.state.file) selection.setState({ file });
      if (file === null && catalogue.form) catalogue.setForm(null);
      catalogue.setLoaded(null);
      connection.set({ connected: true, message: '' });
      onLoaded(curves);
      void idle().then(() => this.devices());
      if (file && catalogue.form?.file !== file) void this.form();
    } catch (error) {
      if (turn !== this.turn) return;
      catalogue.setLoaded(error instanceof Error ? error.message : String(error));
      fail(l10n.t('Reading the experiments'), error);
    }
  }

  /** Asks for the rows of the selected experiment. An answer that is not needed is dropped, a refusal with it. */
  private early(): { experiment: string; rows: ReturnType<Loader['rows']> } | null {
    const { experiment } = this.parts.selection.state;
    if (experiment === null) return null;
    const rows = this.rows(experiment);
    rows.catch(() => undefined);
    return { experiment, rows };
  }

  /** Reads the runs to draw, with the curves of the first chart, and the searches. */
  private async rows(experiment: string): Promise<Rows> {
    const { host, selection } = this.parts;
    const { draw } = selection.view;
    const isNewest = draw.by === 'createdAt' && draw.descending;
    if (isNewest) this.order = null;
    const asked = isNewest ? this.parts.curves() : null;
    const limit = isNewest ? Math.min(MOST, draw.count + 10) : NEWEST;
    const list = this.list({ experiment, limit });
    // They are read while the page renders the rows, which need no more than a millisecond.
    const series = asked && this.readCurves(experiment, asked);
    const [runs, { searches }] = await Promise.all([
      list,
      host.request('searches/list', { experiment }),
      isNewest ? null : this.rank(),
    ]);
    return { runs, searches, curves: asked && series ? { asked, series } : null };
  }

  /** Reads curves without their ids being known; none if that fails: the charts ask for them again. */
  private async readCurves(experiment: string, curves: FirstCurves): Promise<FirstSeries> {
    try {
      const query = { experiment, limit: curves.runs, curves };
      const { runs, series = [] } = await this.parts.host.request('runs/list', query);
      return { series, live: new Set(runs.filter(isLive).map(({ id }) => id)) };
    } catch {
      return { series: [], live: new Set() };
    }
  }

  async form(): Promise<void> {
    const { catalogue, selection, host, fail } = this.parts;
    const { file } = selection.state;
    if (!file) return;
    try {
      const form = await host.openForm(file);
      if (file === selection.state.file) catalogue.setForm(form);
    } catch (error) {
      fail(l10n.t('Reading the experiment file'), error);
    }
  }

  /** Reads the rows of selected and pinned runs that the newest do not include. */
  async missing(): Promise<void> {
    const { catalogue, selection, onRows } = this.parts;
    const { selected, pinned } = selection.state;
    const { baseline } = selection.view;
    const ids = [...(selected ?? []), ...pinned, ...(baseline === null ? [] : [baseline])].filter(
      (id) => !catalogue.runs.has(id),
    );
    if (ids.length === 0) return;
    catalogue.take(await this.list({ ids, limit: Math.min(10_000, ids.length) }));
    // Deleted meanwhile; without this they would be requested again and again.
    selection.forget(new Set(ids.filter((id) => !catalogue.runs.has(id))));
    onRows();
  }

  /** Reads rows again that do not have all metrics, after others are shown. */
  async again(): Promise<void> {
    const { catalogue, onRows, fail } = this.parts;
    const ids = [...catalogue.runs.values()].filter(({ more }) => more !== undefined).map(({ id }) => id);
    if (ids.length === 0) return;
    try {
      catalogue.take(await this.list({ ids, limit: Math.min(10_000, ids.length) }));
      onRows();
    } catch (error) {
      fail(l10n.t('Reading the runs'), error);
    }
  }

  /** Reads the experiments alone. Returns the newest, or null. A failure leaves the list as it is until the next run. */
  async experiments(): Promise<string | null> {
    try {
      const { experiments } = await this.parts.host.request('experiments/list', {});
      this.parts.catalogue.setExperiments(experiments);
    } catch {
      // The list is read again with the next run; the rows on the screen stay true.
    }
    return this.parts.catalogue.experiments[0]?.name ?? null;
  }

  async devices(): Promise<void> {
    const { catalogue, connection, host } = this.parts;
    const { visible, connected } = connection.state;
    if (!visible || !connected || !catalogue.loaded) return;
    try {
      catalogue.setDevices((await host.request('devices/list', {})).devices);
    } catch {
      // The line stays as it is: devices are a convenience, and a lost connection is reported elsewhere.
    }
  }
}
