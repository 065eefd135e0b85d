import type { Device, Experiment, Run, Search } from '../../src/protocol/engine/index.js';
import type { FileForm } from '../../src/protocol/panel/index.js';
import type { Topic } from './signal.js';
import { isLive } from './values.js';

/** Rows kept besides those drawn and live. */
const SPARE_RUNS = 2000;

export interface ExperimentFile {
  file: string;
  /** Its path within the folder. */
  name: string;
}
export interface CatalogueOptions {
  emit(...topics: Topic[]): void;
  /** Called after every change of the runs. */
  onRuns(): void;
  onRemoved(run: string): void;
  /** Called for each new row. */
  onRow(run: Run): void;
  /** Ids of the drawn runs, whose rows are kept. */
  drawn(): ReadonlySet<string>;
}

/** Name of the experiment in a file that gives none: `nets/digits.tune.yaml` has `digits`. */
const experimentNamedLike = (file: string): string =>
  file
    .split(/[\\/]/)
    .at(-1)!
    .replace(/\.tune\.(ya?ml|json)$/i, '');

/** The rows that the panel has read: experiments, runs, searches, devices, files. Reports every change. */
export class Catalogue {
  private readonly runRows = new Map<string, Run>();
  private readonly searchRows = new Map<string, Search>();
  private experimentRows: readonly Experiment[] = [];
  private deviceRows: readonly Device[] = [];
  private fileRows: readonly ExperimentFile[] = [];
  private openForm: FileForm | null = null;
  private snapshots = 0;
  private lastProblem: string | null = null;
  private isLoaded = false;

  constructor(private readonly options: CatalogueOptions) {}

  get runs(): ReadonlyMap<string, Run> {
    return this.runRows;
  }
  /** Searches of the selected experiment. */
  get searches(): ReadonlyMap<string, Search> {
    return this.searchRows;
  }
  /** Experiments, the most recently active first. */
  get experiments(): readonly Experiment[] {
    return this.experimentRows;
  }
  get devices(): readonly Device[] {
    return this.deviceRows;
  }
  get files(): readonly ExperimentFile[] {
    return this.fileRows;
  }
  get form(): FileForm | null {
    return this.openForm;
  }
  /** Number of complete readings so far, for views that read their own rows. */
  get snapshot(): number {
    return this.snapshots;
  }
  /** Reason why the last reading failed; null: it did not. */
  get problem(): string | null {
    return this.lastProblem;
  }
  /** False until the first reading has ended, well or not. */
  get loaded(): boolean {
    return this.isLoaded;
  }
  /** The file of an experiment: that of its newest run, or before the first the one that is named like it. */
  fileOf(experiment: string | null): string | undefined {
    if (experiment === null) return undefined;
    let newest: Run | undefined;
    for (const run of this.runRows.values())
      if (run.experiment === experiment && run.file !== null && run.createdAt >= (newest?.createdAt ?? 0)) newest = run;
    const known = newest && this.fileRows.find(({ file }) => file === newest.file);
    return (known ?? this.fileRows.find(({ name }) => experimentNamedLike(name) === experiment))?.file;
  }

  /** Adds or replaces rows; deleted runs are removed. */
  take(runs: readonly Run[]): void {
    if (runs.length === 0) return;
    for (const run of runs) {
      if (run.deletedAt !== null) this.drop(run.id);
      else {
        this.options.onRow(run);
        this.runRows.set(run.id, run);
      }
    }
    this.trim();
    this.tellRuns();
  }

  remove(ids: readonly string[]): void {
    if (ids.length === 0) return;
    ids.forEach((id) => this.drop(id));
    this.tellRuns();
  }

  setExperiments(experiments: readonly Experiment[]): void {
    this.experimentRows = [...experiments].sort((a, b) => b.lastActivity - a.lastActivity);
    this.options.emit('experiments');
  }

  setSearches(searches: readonly Search[]): void {
    this.searchRows.clear();
    this.takeSearches(searches);
    this.options.emit('searches');
  }

  takeSearches(searches: readonly Search[], removed: readonly string[] = []): void {
    if (searches.length === 0 && removed.length === 0) return;
    for (const search of searches) this.searchRows.set(search.id, search);
    for (const id of removed) this.searchRows.delete(id);
    this.options.emit('searches');
  }

  setDevices(devices: readonly Device[]): void {
    this.deviceRows = devices;
    this.options.emit('devices');
  }

  setFiles(files: readonly ExperimentFile[]): void {
    this.fileRows = files;
    this.options.emit('state');
  }

  setForm(form: FileForm | null): void {
    this.openForm = form;
    this.options.emit('form');
  }

  /** Marks the end of a reading; `problem`: why not all rows could be read. */
  setLoaded(problem: string | null): void {
    this.isLoaded = true;
    this.lastProblem = problem;
    if (problem === null) this.snapshots++;
    this.options.emit('experiments', 'runs', 'searches', 'state');
  }

  private drop(id: string): void {
    this.runRows.delete(id);
    this.options.onRemoved(id);
  }

  private tellRuns(): void {
    this.options.onRuns();
    this.options.emit('runs');
  }

  /** Removes the oldest rows that are neither drawn nor live, because ten thousand trials may pass by. */
  private trim(): void {
    if (this.runRows.size <= SPARE_RUNS * 2) return;
    this.options.onRuns();
    const drawn = this.options.drawn();
    const spare = [...this.runRows.values()]
      .filter((run) => !drawn.has(run.id) && !isLive(run))
      .sort((a, b) => a.createdAt - b.createdAt);
    for (const run of spare.slice(0, Math.max(0, spare.length - SPARE_RUNS))) this.runRows.delete(run.id);
  }
}
