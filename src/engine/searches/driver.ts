/**
 * Drives one search: asks its study (in a thread of its own) for trials, makes runs of them, tells it what came of
 * them, stops the hopeless ones, suspends and relaunches those that a scheduler pauses. The study is saved with every
 * question and answer; what was not saved when the engine was killed is derived again from the runs in the store
 * (`reconcile`), each trial exactly once.
 */
import { LIVE_STATUSES, type Run } from '../../protocol/engine.js';
import type { Params } from '../../protocol/values.js';
import { planRun } from '../../experiment/index.js';
import { sameValue, SearchError } from '../../search/index.js';
import type { Asked } from '../../search/types.js';
import type { SearchPatch, StoreApi } from '../../store/api.js';
import type { ActiveRuns } from '../runs/activeRuns.js';
import { problemText } from '../runs/experiments.js';
import type { Log } from '../disk/log.js';
import { badRequest, conflict } from '../server/requestError.js';
import type { RunMaker } from '../runs/maker.js';
import type { Job, Need, Scheduler, Source } from '../executors/scheduler.js';
import type { SearchChange } from './change.js';
import { objectiveOf, objectivesOf, trialSeed, type SearchPlan } from './plan.js';
import type {
  AskAnswer,
  ObjectivePoint,
  StudyCall,
  StudyCalls,
  StudyFacts,
  StudyOpened,
  TrialView,
} from './study/messages.js';
import type { StudyThread } from './study/studyThread.js';
import { StudySaver } from './study/saver.js';
import { outcomeOfTrial } from './trialOutcome.js';
import type { Trouble } from '../disk/trouble.js';
import { entryOf, hasEntry } from '../../protocol/records.js';

export interface SearchDriverOptions {
  id: string;
  plan: SearchPlan;
  study: { thread: StudyThread; opened: StudyOpened };
  /** As it stands in the search's row. */
  reason: string | null;
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
const RETRY_MS = 3000;

type Phase = 'running' | 'paused' | 'stopping' | 'failing' | 'ended';
/** Asked for, and not yet a run: a new trial, or one that goes on. */
type Unmade = Pick<Asked, 'id' | 'params' | 'resume' | 'from'>;

export class SearchDriver implements Source {
  readonly id: string;
  readonly need: Need;
  readonly limit: number | null;
  phase: Phase;
  plan: SearchPlan;
  private readonly study: StudyThread;
  private readonly trials: TrialView[];
  private readonly reported: Record<string, number>;
  private readonly unmade: Unmade[] = [];
  /** Live runs by trial. */
  private readonly live = new Map<number, string>();
  /** The run of each trial that has one. */
  private readonly runs = new Map<number, string>();
  private readonly cut = new Set<number>();
  private heard: boolean;
  private asking = false;
  /** The study has nothing to try before it hears more. */
  private waiting = false;
  private exhausted = false;
  /** How often the study was told something: what it answered to an earlier question may no longer be so. */
  private told = 0;
  private error: string | null = null;
  private readonly saver: StudySaver;
  private disposed = false;
  private reason: string | null;
  private retryTimer: NodeJS.Timeout | undefined;

  constructor(
    private readonly options: SearchDriverOptions,
    phase: 'running' | 'paused' | 'stopping' | 'failing',
    error: string | null = null,
  ) {
    this.error = error;
    const { plan, study } = options;
    this.plan = plan;
    this.saver = new StudySaver({
      trouble: options.trouble,
      ask: () => this.ask('save', {}),
      write: (text) => options.store.searches.saveStudy(this.id, text),
      ended: () => this.phase === 'ended',
    });
    this.id = options.id;
    this.phase = phase;
    this.study = study.thread;
    this.trials = study.opened.trials;
    this.reported = { ...study.opened.reported };
    this.heard = study.opened.heard;
    this.reason = options.reason;
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
    for (const [trial, { id }] of runs) this.runs.set(trial, id);
    this.adoptUnknown(runs);
    const repeat: Params[] = [];
    for (const trial of [...this.trials]) {
      const run = runs.get(trial.id);
      // Ended by the person while it was suspended. What a stop of the search ended is taken up again with it.
      const givenUp = trial.state === 'paused' && run && !LIVE_STATUSES.includes(run.status);
      if (givenUp && !again && this.phase !== 'stopping' && this.phase !== 'failing') this.tell(trial, run);
      // Launched again, of which the study has not heard: it is held and stopped with the search.
      const atWork = run && LIVE_STATUSES.includes(run.status) && run.status !== 'paused';
      if (trial.state === 'paused' && atWork) this.live.set(trial.id, run.id);
      if (trial.state !== 'running') continue;
      if (!run) this.unmade.push({ ...trial, resume: false });
      else if (LIVE_STATUSES.includes(run.status) && !this.options.active.isSuspended(run.id)) {
        this.live.set(trial.id, run.id);
        this.report(trial, run);
      } else {
        this.report(trial, run);
        if (run.status === 'stopped' && this.phase === 'stopping') continue;
        if (again && run.status === 'stopped') repeat.push(trial.params);
        this.tell(trial, run);
      }
    }
    for (const params of repeat) {
      void this.ask('enqueue', { params }).then((facts) => facts && this.options.update({ trials: facts.size }));
    }
    void this.saver.now();
  }

  /** Runs that a study restored from an older state has not heard of: it learns of them with their parameters. */
  private adoptUnknown(runs: ReadonlyMap<number, Run>): void {
    for (let id = this.trials.length; id <= Math.max(-1, ...runs.keys()); id++) {
      const params = runs.get(id)?.params ?? {};
      const known = Object.fromEntries(Object.entries(params).filter(([name]) => hasEntry(this.spaceNames, name)));
      void this.ask('adopt', { params: known });
      // Its run was deleted: the trial keeps its number, and nothing comes of it.
      const lost = !runs.has(id);
      this.trials.push({ id, params: known, state: lost ? 'failed' : 'running' });
      if (lost) void this.ask('tell', { id, outcome: { state: 'failed' } });
    }
  }

  private get spaceNames(): Record<string, unknown> {
    return this.plan.experiment.search!.space;
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
      while (this.unmade[0]) {
        const job = this.make(this.unmade[0]);
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
    this.askForTrial();
    return null;
  }

  /** The answer comes later, and whoever places work is then told that there is some. */
  private askForTrial(): void {
    if (this.asking || this.waiting || this.exhausted) return;
    this.asking = true;
    // A study of thousands of trials is not written down with each: its runs are found again by `adoptUnknown`.
    const save = this.saver.quick;
    const { told } = this;
    void this.ask('ask', { save }).then(async (answer) => {
      // A trial that goes on has its run already, so nothing but the study could tell that it was taken up again.
      const saved = answer?.asked?.resume && answer.saved === null ? await this.ask('save', {}) : null;
      this.asking = false;
      if (!answer || this.phase === 'ended') return;
      this.takeAnswer({ ...answer, saved: answer.saved ?? saved }, told !== this.told);
      this.options.scheduler.pump();
      this.settle();
    });
  }

  /** `outdated`: the study has heard more since. */
  private takeAnswer({ asked, waiting, saved, ...facts }: AskAnswer, outdated: boolean): void {
    this.saver.hold(saved);
    if (!asked) {
      this.waiting = waiting && (this.live.size > 0 || outdated);
      this.exhausted = !this.waiting;
    } else {
      const { id, params, resume } = asked;
      if (resume) Object.assign(this.trials[id]!, { params, state: 'running' });
      else this.trials[id] = { id, params, state: 'running' };
      this.unmade.push(asked);
    }
    this.showFacts(facts);
  }

  private showFacts({ reason }: StudyFacts): void {
    if (this.reason === reason) return;
    this.reason = reason;
    this.options.update({ reason });
  }

  objective(run: Run, points: ObjectivePoint[]): void {
    const trial = run.trial === null ? undefined : this.trials[run.trial];
    if (!trial || trial.state !== 'running') return;
    const { metric } = objectiveOf(this.plan.experiment);
    const told = this.reported[trial.id] ?? 0;
    // Usually these are just the next ones; else all are read and the rest is told.
    if (told + points.length === entryOf(run.metrics, metric)?.count) this.reportPoints(trial, run, told, points);
    else this.report(trial, run);
    this.saver.soon();
  }

  /** A trial's run is over, or suspended. */
  runEnded(run: Run): void {
    if (run.trial === null || this.phase === 'ended') return;
    const trial = this.trials[run.trial];
    if (!trial) return;
    this.live.delete(run.trial);
    this.cut.delete(run.trial);
    const givenUp = trial.state === 'paused' && run.status !== 'paused';
    if (trial.state !== 'running' && !givenUp) return;
    this.report(trial, run);
    // What a stop of the search interrupts stays open in the study, so that resuming can take it up.
    if (!(run.status === 'stopped' && this.phase === 'stopping')) this.tell(trial, run);
    this.saver.soon();
    this.giveUpIfHopeless(run);
  }

  /** A trial with these values comes next; resolves when that is on disk. Refuses values that are not in the space. */
  async enqueue(params: Params): Promise<void> {
    await this.alter('enqueue', { params });
    this.options.scheduler.pump();
  }

  /** Goes on in another space, or to another number of trials; refused, nothing has changed. */
  async change({ experiment, ...change }: SearchChange): Promise<void> {
    const plan = { ...this.plan, experiment };
    await this.alter('change', change, { plan, space: experiment.search!.space }, () => (this.plan = plan));
    this.options.scheduler.pump();
  }

  private async alter<C extends 'enqueue' | 'change'>(
    call: C,
    params: StudyCalls[C]['params'],
    patch: SearchPatch = {},
    done: () => void = () => undefined,
  ): Promise<void> {
    const { name } = this.options.store.searches.get(this.id)!;
    let facts: StudyFacts;
    try {
      facts = await this.study.call(call, params);
    } catch (error) {
      if (error instanceof SearchError) throw badRequest(`${error.message}.`);
      throw conflict(`The search ${name} can't take this any more: ${(error as Error).message}.`);
    }
    // At once: the next answer of the study may be a trial of the other space.
    done();
    this.exhausted = false;
    this.waiting = false;
    this.reason = facts.reason;
    this.saver.hold(await this.ask('save', {}));
    if (this.phase !== 'running' && this.phase !== 'paused') throw conflict(`The search ${name} has just ended.`);
    const written = this.options.trouble.attempt(() =>
      this.options.store.batch(() => {
        this.saver.write();
        this.options.store.searches.update(this.id, { ...patch, trials: facts.size, reason: facts.reason });
      }),
    );
    this.options.update({});
    if (!written) throw conflict(`It could not be written: ${this.options.trouble.problem}. Free space and try again.`);
  }

  pause(): void {
    this.phase = 'paused';
    this.options.scheduler.removeSource(this.id);
    this.options.update({ status: 'paused' });
    this.holdLive();
  }

  resume(): void {
    this.phase = 'running';
    this.error = null;
    // Trials may have ended meanwhile.
    this.waiting = false;
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
    // Nothing is left that the study could wait for.
    if (this.waiting) this.heardMore();
    if (this.phase !== 'running' || !this.exhausted || this.unmade.length > 0) return;
    const { trials } = this;
    if (trials.length > 0 && trials.every(({ state }) => state === 'failed')) {
      this.error ??= `All ${trials.length} trials failed. ${this.lastFailure()}`;
      return this.finish('failed');
    }
    this.finish('completed');
  }

  /** Lets go without changing anything: the engine is leaving, or the search is deleted. Resolves when it is saved. */
  async dispose(): Promise<void> {
    this.disposed = true;
    if (this.phase === 'ended') return;
    clearTimeout(this.retryTimer);
    this.options.scheduler.removeSource(this.id);
    if (this.saver.due) await this.saver.now();
    this.phase = 'ended';
    this.study.dispose();
  }

  private holdLive(): void {
    for (const run of this.live.values()) this.options.active.hold(run);
  }

  /** Null when these parameters don't make a program: the trial is then a failed run that says why. */
  private make(trial: Unmade): Job | null {
    const { maker, active, distFolder, store } = this.options;
    const { plan } = this;
    // Saved before the run exists: a trial is never asked for twice, and one without a run is made after a restart.
    this.saver.write();
    const own = this.runOf(trial.id);
    const planned = planRun(plan.experiment, trial.params, { dist: distFolder, python: plan.python });
    const errors = planned.problems.filter((problem) => problem.severity === 'error');
    const from = trial.from === undefined ? null : (this.runOf(trial.from)?.id ?? null);
    // The study is older than what the run has come to.
    if (trial.resume && own && active.has(own.id) && !active.isSuspended(own.id)) {
      this.unmade.shift();
      this.live.set(trial.id, own.id);
      return null;
    }
    // With the values that it had, it goes on even where the space has changed and does not know them any more.
    const unchanged =
      own && Object.entries(trial.params).every(([name, value]) => sameValue(entryOf(own.params, name) ?? null, value));
    if (trial.resume && own && (errors.length === 0 || unchanged)) {
      const changes = errors.length === 0 ? { params: planned.params, plan: planned } : undefined;
      return this.placed(trial, own, active.relaunch(own.id, from, changes));
    }
    const details = {
      name: `trial ${trial.id}`,
      seed: trialSeed(plan.seed, trial.id),
      search: this.id,
      trial: trial.id,
    };
    if (errors.length > 0) {
      const usable = { ...planned, argv: planned.argv.length > 0 ? planned.argv : ['(not planned)'] };
      const spec = maker.create(plan.experiment, usable, { ...details, git: null });
      this.unmade.shift();
      maker.refuse(spec.id, problemText(errors));
      this.runEnded(store.runs.get(spec.id)!);
      return null;
    }
    if (from === null) {
      const spec = maker.create(plan.experiment, planned, { ...details, git: maker.lastGitOf(planned.cwd) });
      return this.placed(trial, spec, active.job(spec));
    }
    // It has a run already when the checkpoint could not be copied at the first try.
    const { id } = own ?? maker.create(plan.experiment, planned, { ...details, git: maker.lastGitOf(planned.cwd) });
    this.runs.set(trial.id, id);
    return this.placed(trial, { id }, active.relaunch(id, from));
  }

  /** `job`: null when the run's folder is gone. */
  private placed(trial: Unmade, { id }: { id: string }, job: Job | null): Job | null {
    this.unmade.shift();
    this.live.set(trial.id, id);
    this.runs.set(trial.id, id);
    if (!job) this.options.active.lose(id);
    this.options.update({});
    return job;
  }

  private runOf(trial: number): Run | null {
    const id = this.runs.get(trial);
    const run = id === undefined ? null : this.options.store.runs.get(id);
    return run?.deletedAt === null ? run : null;
  }

  /** Tells the study the objective values it has not been told. */
  private report(trial: TrialView, run: Run): void {
    const { metric } = objectiveOf(this.plan.experiment);
    const told = this.reported[trial.id] ?? 0;
    if ((entryOf(run.metrics, metric)?.count ?? 0) <= told) return;
    this.reportPoints(trial, run, told, this.options.store.series.values(run.id, metric).slice(told));
  }

  private reportPoints(trial: TrialView, run: Run, told: number, points: ObjectivePoint[]): void {
    this.heard = true;
    this.told++;
    this.reported[trial.id] = told + points.length;
    void this.ask('report', { id: trial.id, points }).then((verdict) => {
      if (verdict && verdict !== 'continue') this.cutOff(trial.id, run.id, verdict, points.at(-1)!.step);
      this.heardMore();
    });
  }

  private cutOff(trial: number, run: string, verdict: 'prune' | 'pause', step: number): void {
    if (this.cut.has(trial) || !this.live.has(trial)) return;
    this.cut.add(trial);
    this.options.log.info(`search ${this.id}: trial ${trial} is ${verdict}d at step ${step}`);
    if (verdict === 'prune') this.options.active.stop(run, 'prune');
    else this.options.active.suspend(run);
  }

  private tell(trial: TrialView, run: Run): void {
    const seconds = this.options.active.secondsAtWork(run.id);
    const outcome = outcomeOfTrial(run, this.plan.experiment, seconds);
    trial.state = outcome.state;
    if (outcome.state !== 'paused') delete this.reported[trial.id];
    this.told++;
    void this.ask('tell', { id: trial.id, outcome }).then(() => this.heardMore());
  }

  /** A study that waited may have more to try now. */
  private heardMore(): void {
    if (!this.waiting || this.phase !== 'running') return;
    this.waiting = false;
    this.options.scheduler.pump();
    // Without a free place nobody asks, and then the end would not be noticed.
    if (this.live.size === 0) this.askForTrial();
  }

  private giveUpIfHopeless(run: Run): void {
    if (this.phase !== 'running' || run.error?.kind === 'out-of-memory' || this.heard) return;
    const failed = this.trials.filter(({ state }) => state === 'failed').length;
    const made = this.trials.length - this.unmade.length;
    if (failed < HOPELESS || failed + this.live.size < made) return;
    this.end('failing', `The first ${failed} trials failed, so no more were started. ${this.lastFailure()}`);
  }

  private lastFailure(): string {
    const trials = this.options.store.searches.trials(this.id);
    const run = trials.findLast((one) => one.error !== null);
    if (run?.error) return `Trial ${run.trial}: ${run.error.message}`;
    const objectives = objectivesOf(this.plan.experiment);
    const done = trials.findLast((one) => one.status === 'completed');
    if (!done) return '';
    const missing = objectives.find(({ metric }) => !entryOf(done.metrics, metric))?.metric ?? objectives[0]!.metric;
    const logged = Object.keys(done.metrics).slice(0, 12).join(', ');
    return `None logged the objective "${missing}"${logged ? `; they logged ${logged}` : ''}. Set objective.metric to what the program logs.`;
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
    this.options.scheduler.removeSource(this.id);
    clearTimeout(this.retryTimer);
    this.phase = 'ended';
    // Only then is it over: who reads the study of a search that has ended finds all of it.
    void this.saver.now().then(async () => {
      this.study.dispose();
      const write = (): void => {
        this.saver.write();
        this.endSuspended(status === 'completed' ? 'prune' : 'stop');
        this.options.store.searches.update(this.id, { status, error: this.error, endedAt: Date.now() });
      };
      await this.options.trouble.insist(write, () => this.disposed);
      if (this.disposed) return;
      this.options.update({});
      this.options.log.info(`search ${this.id}: ${status}${this.error ? ` (${this.error})` : ''}`);
      this.options.ended();
    });
  }

  /** Trials that paused and were never taken up again. */
  private endSuspended(reason: 'stop' | 'prune'): void {
    for (const run of this.options.store.searches.trials(this.id)) {
      if (run.status === 'paused') this.options.active.stop(run.id, reason);
    }
  }

  /** Null when the thread could not answer; the search has failed then. */
  private async ask<C extends StudyCall>(
    call: C,
    params: StudyCalls[C]['params'],
  ): Promise<StudyCalls[C]['result'] | null> {
    try {
      return await this.study.call(call, params);
    } catch (error) {
      if (this.phase === 'ended') return null;
      this.options.log.error(`search ${this.id}: ${call} failed`, error);
      if (this.phase !== 'failing') this.end('failing', (error as Error).message);
      return null;
    }
  }
}
