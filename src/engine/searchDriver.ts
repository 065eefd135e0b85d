/**
 * Drives one search: asks its study for trials, makes runs of them, tells it what came of them, stops the hopeless
 * ones. The study is saved with every question and answer; what was not saved when the engine was killed is derived
 * again from the runs in the store (`reconcile`), each trial exactly once.
 */
import { LIVE_STATUSES, type Run } from '../protocol/engine.js';
import type { Params } from '../protocol/values.js';
import { planRun } from '../experiment/index.js';
import type { Study, Trial } from '../search/types.js';
import type { SearchPatch, StoreApi } from '../store/api.js';
import type { ActiveRuns } from './activeRuns.js';
import { problemText } from './experiments.js';
import type { Log } from './log.js';
import type { RunMaker } from './runMaker.js';
import type { Job, Need, Scheduler, Source } from './scheduler.js';
import { finalValue, objectiveOf, trialSeed, type SearchPlan, type StudyState } from './searchPlan.js';
import type { Trouble } from './trouble.js';

export interface SearchDriverOptions {
  id: string;
  plan: SearchPlan;
  study: Study;
  reported: Record<string, number>;
  distFolder: string;
  store: StoreApi;
  active: ActiveRuns;
  maker: RunMaker;
  scheduler: Scheduler;
  log: Log;
  trouble: Trouble;
  /** Changes the search's row and tells clients. */
  update(patch: SearchPatch): void;
  /** It is over: completed, stopped or failed. */
  ended(): void;
}

/** So many failures before anything worked end a search: the fault is then in the program, not in the parameters. */
const HOPELESS = 3;
/**
 * What the study was told is saved after this time at the latest, or less often when saving takes long (thousands
 * of trials): it can be derived again from the runs.
 */
const SAVE_MS = 1000;
const SAVE_SHARE = 20;
const RETRY_MS = 3000;

type ObjectivePoint = { step: number; value: number };
type Phase = 'running' | 'paused' | 'stopping' | 'failing' | 'ended';

export class SearchDriver implements Source {
  readonly id: string;
  readonly need: Need;
  readonly limit: number | null;
  phase: Phase;
  private readonly study: Study;
  private readonly reported: Record<string, number>;
  /** Trials that the study has and no run exists for yet. */
  private readonly unmade: number[] = [];
  /** Live runs by trial. */
  private readonly live = new Map<number, string>();
  private readonly pruned = new Set<number>();
  private exhausted = false;
  private error: string | null = null;
  private saveTimer: NodeJS.Timeout | undefined;
  private saveTook = 0;
  private retryTimer: NodeJS.Timeout | undefined;

  constructor(
    private readonly options: SearchDriverOptions,
    phase: 'running' | 'paused' | 'stopping' | 'failing',
    error: string | null = null,
  ) {
    this.error = error;
    const { plan, study } = options;
    this.id = options.id;
    this.phase = phase;
    this.study = study;
    this.reported = options.reported;
    this.need = { gpus: plan.experiment.resources.gpus ?? 1, perGpu: plan.experiment.resources.perGpu };
    this.limit = plan.parallel === 'auto' ? null : plan.parallel;
  }

  /** Runs at work or waiting. */
  get liveCount(): number {
    return this.live.size;
  }

  /**
   * Brings the study up to the runs in the store, after a restart or a stop. With `again`, trials that were stopped are
   * put in the queue once more with the same parameters, beyond the planned number.
   */
  reconcile(again: boolean): void {
    const runs = new Map(this.options.store.searches.trials(this.id).map((run) => [run.trial ?? -1, run]));
    const repeat: Params[] = [];
    for (const trial of [...this.study.trials]) {
      if (trial.state !== 'running') continue;
      const run = runs.get(trial.id);
      if (!run) this.unmade.push(trial.id);
      else if (LIVE_STATUSES.includes(run.status)) {
        this.live.set(trial.id, run.id);
        this.report(trial, run);
      } else {
        this.report(trial, run);
        if (run.status === 'stopped' && this.phase === 'stopping') continue;
        if (again && run.status === 'stopped') repeat.push(trial.params);
        this.tell(run);
      }
    }
    for (const params of repeat) {
      if (this.study.options.trials !== null) this.study.options.trials++;
      this.study.enqueue(params);
    }
    const planned = this.options.store.searches.get(this.id)?.trials ?? null;
    if (repeat.length > 0 && planned !== null) {
      this.options.store.searches.update(this.id, { trials: planned + repeat.length });
    }
    this.save();
  }

  /** Trials at work go on; new ones are made as there is room. */
  go(): void {
    if (this.phase === 'running') this.options.scheduler.addSource(this);
    else if (this.phase === 'paused') this.holdLive();
    else for (const run of this.live.values()) this.options.active.stop(run, 'stop');
    this.settle();
  }

  next(): Job | null {
    if (this.phase !== 'running') return null;
    try {
      for (;;) {
        const trial = this.nextTrial();
        if (!trial) break;
        const job = this.make(trial);
        if (job) return job;
        if (this.phase !== ('running' as Phase)) return null;
      }
    } catch (error) {
      // The trial is in the study but has no run: made when writing works again.
      this.options.trouble.met(error);
      this.retryTimer ??= setTimeout(() => {
        this.retryTimer = undefined;
        this.options.scheduler.pump();
      }, RETRY_MS);
      return null;
    }
    this.exhausted = true;
    // Not at once: whoever asks for trials is in the middle of its own work.
    setImmediate(() => this.settle());
    return null;
  }

  objective(run: Run, points: ObjectivePoint[]): void {
    const trial = run.trial === null ? undefined : this.study.trials[run.trial];
    if (!trial || trial.state !== 'running') return;
    const { metric } = objectiveOf(this.options.plan.experiment);
    const told = this.reported[trial.id] ?? 0;
    // Usually these are just the next ones; else all are read and the rest is told.
    if (told + points.length === run.metrics[metric]?.count) this.reportPoints(trial, run, told, points);
    else this.report(trial, run);
    this.saveSoon();
  }

  runEnded(run: Run): void {
    if (run.trial === null || this.phase === 'ended') return;
    const trial = this.study.trials[run.trial];
    if (!trial) return;
    this.live.delete(run.trial);
    if (trial.state !== 'running') return;
    this.report(trial, run);
    // What a stop of the search interrupts stays open in the study, so that resuming can take it up.
    if (!(run.status === 'stopped' && this.phase === 'stopping')) this.tell(run);
    this.saveSoon();
    this.giveUpIfHopeless(run);
  }

  pause(): void {
    this.phase = 'paused';
    this.options.scheduler.removeSource(this.id);
    this.options.update({ status: 'paused' });
    this.holdLive();
  }

  resume(): void {
    this.phase = 'running';
    this.options.update({ status: 'running', error: null, endedAt: null });
    for (const run of this.live.values()) this.options.active.goOn(run);
    this.go();
  }

  stop(): void {
    this.end('stopping', null);
  }

  /** Looks whether it is over. */
  settle(): void {
    if (this.phase === 'ended' || this.live.size > 0) return;
    if (this.phase === 'stopping') return this.finish('stopped');
    if (this.phase === 'failing') return this.finish('failed');
    if (this.phase !== 'running' || !this.exhausted || this.unmade.length > 0) return;
    const { trials } = this.study;
    const worked = trials.some((trial) => trial.state === 'completed' || trial.state === 'pruned');
    if (!worked && trials.length > 0) {
      this.error ??= `All ${trials.length} trials failed. ${this.lastFailure()}`;
      return this.finish('failed');
    }
    this.finish('completed');
  }

  /** Lets go without changing anything: the engine is leaving, or the search is deleted. */
  dispose(): void {
    if (this.saveTimer) this.save();
    clearTimeout(this.retryTimer);
    this.options.scheduler.removeSource(this.id);
    this.phase = 'ended';
  }

  private holdLive(): void {
    for (const run of this.live.values()) this.options.active.hold(run);
  }

  private nextTrial(): { id: number; params: Params } | null {
    const unmade = this.unmade[0];
    if (unmade !== undefined) return this.study.trials[unmade]!;
    const asked = this.study.ask();
    if (!asked) return null;
    this.unmade.push(asked.id);
    return asked;
  }

  /** Null when these parameters don't make a program: the trial is then a failed run that says why. */
  private make(trial: { id: number; params: Params }): Job | null {
    const { plan, maker, active, distFolder, store } = this.options;
    // Saved before the run exists: a trial is never asked for twice, and one without a run is made after a restart.
    this.saveOrThrow();
    const details = {
      name: `trial ${trial.id}`,
      seed: trialSeed(plan.seed, trial.id),
      search: this.id,
      trial: trial.id,
    };
    const planned = planRun(plan.experiment, trial.params, { dist: distFolder, python: plan.python });
    const errors = planned.problems.filter((problem) => problem.severity === 'error');
    if (errors.length > 0) {
      const usable = { ...planned, argv: planned.argv.length > 0 ? planned.argv : ['(not planned)'] };
      const spec = maker.create(plan.experiment, usable, { ...details, git: null });
      this.unmade.shift();
      maker.refuse(spec.id, problemText(errors));
      this.runEnded(store.runs.get(spec.id)!);
      return null;
    }
    const spec = maker.create(plan.experiment, planned, { ...details, git: maker.lastGitOf(planned.cwd) });
    this.unmade.shift();
    this.live.set(trial.id, spec.id);
    this.options.update({});
    return active.job(spec);
  }

  /** Tells the study the objective values it has not been told. */
  private report(trial: Trial, run: Run): void {
    const { metric } = objectiveOf(this.options.plan.experiment);
    const told = this.reported[trial.id] ?? 0;
    if ((run.metrics[metric]?.count ?? 0) <= told) return;
    this.reportPoints(trial, run, told, this.options.store.series.values(run.id, metric).slice(told));
  }

  private reportPoints(trial: Trial, run: Run, told: number, points: ObjectivePoint[]): void {
    for (const { step, value } of points) {
      const verdict = this.study.report(trial.id, step, value);
      if (verdict !== 'prune' || this.pruned.has(trial.id) || !this.live.has(trial.id)) continue;
      this.pruned.add(trial.id);
      this.options.log.info(`search ${this.id}: trial ${trial.id} is pruned at step ${step}`);
      this.options.active.stop(run.id, 'prune');
    }
    this.reported[trial.id] = told + points.length;
  }

  private tell(run: Run): void {
    const value = finalValue(run.objective);
    const trial = run.trial!;
    if (run.status === 'completed' && value !== null) this.study.tell(trial, { state: 'completed', values: [value] });
    else if (run.status === 'pruned' || (run.status === 'stopped' && value !== null)) {
      this.study.tell(trial, { state: 'pruned' });
    } else this.study.tell(trial, { state: 'failed' });
    delete this.reported[trial];
  }

  private giveUpIfHopeless(run: Run): void {
    if (this.phase !== 'running' || run.error?.kind === 'out-of-memory') return;
    const states = this.study.trials.map((trial) => trial.state);
    const failed = states.filter((state) => state === 'failed').length;
    if (failed < HOPELESS || failed + this.live.size < states.length - this.unmade.length) return;
    if (this.study.trials.some((trial) => trial.reports.length > 0)) return;
    this.end('failing', `The first ${failed} trials failed, so no more were started. ${this.lastFailure()}`);
  }

  private lastFailure(): string {
    const trials = this.options.store.searches.trials(this.id);
    const run = trials.findLast((one) => one.error !== null);
    if (run?.error) return `Trial ${run.trial}: ${run.error.message}`;
    const { metric } = objectiveOf(this.options.plan.experiment);
    const done = trials.findLast((one) => one.status === 'completed');
    if (!done) return '';
    const logged = Object.keys(done.metrics).slice(0, 12).join(', ');
    return `None logged the objective "${metric}"${logged ? `; they logged ${logged}` : ''}. Set objective.metric to what the program logs.`;
  }

  private end(phase: 'stopping' | 'failing', error: string | null): void {
    this.phase = phase;
    this.error = error;
    this.options.scheduler.removeSource(this.id);
    this.options.update({ status: 'stopping', error });
    for (const run of [...this.live.values()]) this.options.active.stop(run, 'stop');
    setImmediate(() => this.settle());
  }

  private finish(status: 'completed' | 'stopped' | 'failed'): void {
    this.save();
    this.options.scheduler.removeSource(this.id);
    clearTimeout(this.retryTimer);
    this.phase = 'ended';
    this.options.update({ status, error: this.error, endedAt: Date.now() });
    this.options.log.info(`search ${this.id}: ${status}${this.error ? ` (${this.error})` : ''}`);
    this.options.ended();
  }

  private saveSoon(): void {
    this.saveTimer ??= setTimeout(() => this.save(), Math.max(SAVE_MS, SAVE_SHARE * this.saveTook));
  }

  private save(): void {
    this.options.trouble.attempt(() => this.saveOrThrow());
  }

  private saveOrThrow(): void {
    clearTimeout(this.saveTimer);
    this.saveTimer = undefined;
    const before = performance.now();
    const state: StudyState = { study: this.study.save(), reported: this.reported };
    this.options.store.searches.saveStudy(this.id, state);
    this.saveTook = performance.now() - before;
  }
}
