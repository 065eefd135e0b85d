/**
 * Drives one search. `reduce` makes all decisions; this shell turns reports of the scheduler, the runs, the study (in a
 * separate thread) and the person into events, and has the commands carried out. The study is saved after every call;
 * parts that were not saved when the engine was killed are derived again from the runs in the store (`takeUp`).
 */
import type { Run } from '../../../protocol/engine/index.js';
import type { Params } from '../../../protocol/values/index.js';
import type { SearchPatch } from '../../../store/api.js';
import type { Environments } from '../../disk/environments.js';
import type { Job, Need, Source } from '../../executors/scheduler.js';
import { conflict } from '../../server/requestError.js';
import type { SearchChange } from '../change.js';
import { objectivesOf, type SearchPlan } from '../plan.js';
import { costOf, needOf } from '../starting.js';
import type { ObjectivePoint, StudyCalls, StudyOpened } from '../study/messages.js';
import type { StudyThread } from '../study/studyThread.js';
import { Carrier, type CarrierOptions } from './carrier.js';
import { DrivenStudy } from './drivenStudy.js';
import { endOf, loadState } from './load.js';
import { reduce } from './reduce.js';
import { isOpen, liveTrials, type Phase, type SearchEvent, type SearchState } from './state.js';
import { TrialMaker } from './trialMaker.js';
import { l10n } from '../../../format/l10n.js';

export interface SearchDriverOptions extends CarrierOptions {
  environments: Pick<Environments, 'of' | 'visibleGpus'>;
  plan: SearchPlan;
  study: { thread: StudyThread; opened: StudyOpened };
  /** As they are in the search's row. */
  reason: string | null;
  error: string | null;
}

export class SearchDriver implements Source {
  readonly id: string;
  readonly limit: number | null;
  private state: SearchState;
  private readonly study: DrivenStudy;
  private readonly trials: TrialMaker;
  private readonly carrier: Carrier;
  private readonly events: SearchEvent[] = [];
  /** True while events wait: others are being handled, or `go` was not called yet. */
  private busy = true;

  /** `resumed`: a person resumes a search that has ended. */
  constructor(
    private readonly options: SearchDriverOptions,
    phase: Phase,
    private readonly resumed = false,
  ) {
    const { id, plan, study } = options;
    this.id = id;
    this.limit = plan.parallel === 'auto' ? null : plan.parallel;
    this.trials = new TrialMaker(options);
    this.study = new DrivenStudy({
      ...options,
      search: id,
      thread: study.thread,
      reported: study.opened.reported,
      metrics: () => objectivesOf(this.plan.experiment).map(({ metric }) => metric),
      launchOf: (run) => options.active.launchOf(run),
      heard: () => this.dispatch({ type: 'reported' }),
      judged: (trial, verdict, step) => this.dispatch({ type: 'judged', trial, verdict, step }),
      broken: (call, error) => {
        options.log.error(`search ${id}: ${call} failed`, error);
        this.carrier.error = error.message;
        this.dispatch({ type: 'broken' });
      },
    });
    this.carrier = new Carrier(options, this, this.study, this.trials, {
      state: () => this.state,
      dispatch: (event) => this.dispatch(event),
    });
    this.state = loadState({ ...options, phase, resumed }, this.study);
  }

  /** With the experiment at the search's start or last change. */
  get plan(): SearchPlan {
    return this.carrier.plan;
  }

  /** Devices that one trial needs, in the search's present environment. */
  get need(): Need {
    return needOf(this.plan.experiment, this.options.environments.visibleGpus(this.id));
  }

  get phase(): Phase['name'] {
    return this.state.phase.name;
  }

  /** Queued and running runs. */
  get liveCount(): number {
    return liveTrials(this.state).length;
  }

  /** Running trials continue; new ones are made when there is room. */
  go(): void {
    this.busy = false;
    if (this.resumed) this.carrier.carry({ type: 'show', status: 'running' });
    else this.carrier.watchTime();
    this.dispatch({ type: 'go' });
  }

  next(): Job | null {
    if (this.busy) {
      // The caller is notified once the events have been handled.
      this.carrier.pumps = true;
      return null;
    }
    for (;;) {
      this.carrier.made = null;
      this.dispatch({ type: 'room' });
      const made = this.takeMade();
      if (made !== 'nothing') return made;
    }
  }

  /** New values of a trial's objective. */
  objective(run: Pick<Run, 'id' | 'trial'>, points: ObjectivePoint[]): void {
    const entry = run.trial === null ? undefined : this.state.trials[run.trial];
    if (entry?.stage.name !== 'live' || this.phase === 'ended') return;
    this.study.report(entry.id, run, points);
    this.study.saver.soon();
  }

  /** A trial's run has ended, or was suspended. */
  runEnded(run: Run): void {
    const entry = run.trial === null ? undefined : this.state.trials[run.trial];
    if (!entry || !isOpen(entry) || this.phase === 'ended') return;
    this.study.report(entry.id, run);
    this.dispatch({ type: 'ended', trial: entry.id, ...endOf(run, this.plan, this.options.active) });
    this.study.saver.soon();
  }

  /** A trial with these values comes next; resolves when that is on disk. Refuses values that are not in the space. */
  async enqueue(params: Params): Promise<void> {
    await this.alter('enqueue', { params });
  }

  /** Continues in another space, to another number of trials or to another time. If refused, nothing changes. */
  async change({ experiment, ...change }: SearchChange): Promise<void> {
    const plan = { ...this.plan, experiment };
    const settings = experiment.search!;
    const workers = this.limit ?? this.options.store.searches.get(this.id)?.parallel ?? 1;
    const cost = settings.cost ? costOf(settings, workers) : undefined;
    await this.alter('change', { ...change, cost }, { plan, space: settings.space }, () => {
      this.carrier.plan = plan;
      if (this.phase === 'running' && !this.busy) this.carrier.watchTime();
    });
  }

  /** Takes note of how many trials its host works on at once, if the person has not said how many. Never rejects. */
  async fit(workers: number): Promise<void> {
    const { store, log } = this.options;
    const isOpen = this.phase === 'running' || this.phase === 'paused';
    if (this.limit !== null || !isOpen || store.searches.get(this.id)?.parallel === workers) return;
    const settings = this.plan.experiment.search!;
    const cost = settings.cost ? costOf(settings, workers) : undefined;
    try {
      await this.alter('resize', { workers, cost }, { parallel: workers });
    } catch (error) {
      log.warn(
        `search ${this.id}: it did not learn that ${workers} trials run in parallel: ${(error as Error).message}`,
      );
    }
  }

  /**
   * Repeats failed and stopped trials, each in its own run: all of them, or the given ones. Resolves to their numbers
   * once the study has been saved.
   */
  async retry(wanted?: readonly number[]): Promise<number[]> {
    const undone = this.state.trials.flatMap((entry) => {
      const { id, stage } = entry;
      if (stage.name !== 'over' || !(wanted?.includes(id) ?? true)) return [];
      const run = this.trials.runOf(entry);
      return run && (stage.outcome === 'failed' || run.status === 'stopped') ? [{ id, run }] : [];
    });
    await Promise.all(undone.map(({ id, run }) => this.study.reopen(id, run)));
    await this.study.saver.now();
    const trials = undone.map(({ id }) => id);
    this.dispatch({ type: 'reopened', trials });
    return trials;
  }

  pause(): void {
    this.dispatch({ type: 'pause' });
  }

  resume(): void {
    this.dispatch({ type: 'resume' });
  }

  stop(): void {
    this.dispatch({ type: 'stop' });
  }

  /** Detaches without changing anything: the engine is leaving, or the search is deleted. Resolves when it is saved. */
  async dispose(): Promise<void> {
    this.carrier.dispose();
    if (this.phase === 'ended') return;
    this.options.scheduler.removeSource(this.id);
    if (this.study.saver.due) await this.study.saver.now();
    this.state = { ...this.state, phase: { name: 'ended', ending: 'stopped' } };
    this.study.dispose();
  }

  private dispatch(event: SearchEvent): void {
    this.events.push(event);
    if (this.busy) return;
    this.busy = true;
    for (let next = this.events.shift(); next; next = this.events.shift()) {
      const { state, commands } = reduce(this.state, next);
      this.state = state;
      for (const command of commands) this.carrier.carry(command);
    }
    this.busy = false;
    if (!this.carrier.pumps) return;
    this.carrier.pumps = false;
    this.options.scheduler.pump();
  }

  private takeMade(): Job | 'nothing' | null {
    const { made } = this.carrier;
    this.carrier.made = null;
    return made;
  }

  /** `done`: at once, since the next answer of the study may be a trial of the other space. */
  private async alter<C extends 'enqueue' | 'change' | 'resize'>(
    call: C,
    params: StudyCalls[C]['params'],
    patch: SearchPatch = {},
    done: () => void = () => undefined,
  ): Promise<void> {
    const { store, trouble } = this.options;
    const { saver } = this.study;
    const facts = await this.study.alter(call, params);
    done();
    this.carrier.reason = facts.reason;
    this.dispatch({ type: 'changed' });
    saver.hold(await this.study.ask('save', {}));
    if (this.phase !== 'running' && this.phase !== 'paused') throw conflict('The search has just ended.');
    const written = trouble.attempt(() =>
      store.batch(() => {
        saver.write();
        // A trial that was asked for meanwhile may have brought another reason.
        store.searches.update(this.id, { ...patch, trials: facts.size, reason: this.carrier.reason });
      }),
    );
    this.options.update({});
    if (!written) throw conflict(l10n.t('It could not be written: {0}. Free space and try again.', trouble.problem));
  }
}
