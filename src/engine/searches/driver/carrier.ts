/** Carries out the commands of `reduce`. The results reach the driver as events. */
import type { SearchPatch, StoreApi } from '../../../store/api.js';
import type { Log } from '../../disk/log.js';
import type { Trouble } from '../../disk/trouble.js';
import type { Job, Scheduler, Source } from '../../executors/scheduler.js';
import type { ActiveRuns } from '../../runs/life/activeRuns.js';
import type { RunMaker } from '../../runs/making/maker.js';
import type { SearchPlan } from '../plan.js';
import type { DrivenStudy } from './drivenStudy.js';
import { endOf } from './load.js';
import { failuresOf, liveTrials, type SearchCommand, type SearchEvent, type SearchState } from './state.js';
import type { TrialMaker } from './trialMaker.js';
import { allFailedText, doubtText, gaveUpText } from './words.js';

export interface CarrierOptions {
  id: string;
  plan: SearchPlan;
  reason: string | null;
  error: string | null;
  distFolder: string;
  store: StoreApi;
  active: ActiveRuns;
  maker: RunMaker;
  scheduler: Scheduler;
  log: Log;
  trouble: Trouble;
  /** Changes the search's row and tells clients. */
  update(patch: SearchPatch): void;
  /** The search has ended: completed, stopped or failed. */
  ended(): void;
}

type Command<T extends SearchCommand['type']> = Extract<SearchCommand, { type: T }>;

const RETRY_MS = 3000;
/** Node's timers count up to this. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export class Carrier {
  plan: SearchPlan;
  error: string | null;
  reason: string | null;
  /** Called when there may be room for work, once the events have been handled. */
  pumps = false;
  /** Result of the last `make`: a job to place, or nothing, and then another may be made at once. */
  made: Job | 'nothing' | null = null;
  private disposed = false;
  private retryTimer: NodeJS.Timeout | undefined;
  private timeTimer: NodeJS.Timeout | undefined;

  constructor(
    private readonly options: CarrierOptions,
    private readonly source: Source,
    private readonly study: DrivenStudy,
    private readonly trials: TrialMaker,
    private readonly driver: { state(): SearchState; dispatch(event: SearchEvent): void },
  ) {
    ({ plan: this.plan, error: this.error, reason: this.reason } = options);
  }

  carry(command: SearchCommand): void {
    const { active, scheduler } = this.options;
    switch (command.type) {
      case 'ask':
        return void this.ask();
      case 'make':
        return this.make(command);
      case 'tell':
        return this.study.tell(command.trial, command.outcome);
      case 'cut':
        return this.cutOff(command);
      case 'hold':
        return active.hold(command.run);
      case 'goOn':
        return active.goOn(command.run);
      case 'stop':
        return void active.stop(command.run, 'stop');
      case 'offer':
        return scheduler.addSource(this.source);
      case 'withdraw':
        return scheduler.removeSource(this.options.id);
      case 'pump':
        this.pumps = true;
        return;
      case 'show':
        return this.show(command);
      case 'doubt':
        return this.say(doubtText(failuresOf(this.driver.state()), liveTrials(this.driver.state()).length));
      case 'trust':
        return this.say(null);
      case 'finish':
        return this.finish(command);
    }
  }

  /** Ends the search at its time limit. */
  watchTime(): void {
    clearTimeout(this.timeTimer);
    const { since, experiment } = this.plan;
    const time = experiment.search?.time;
    if (time === undefined) return;
    const left = Math.max(0, (since ?? Date.now()) + time * 1000 - Date.now());
    this.timeTimer = setTimeout(
      () => (left > LONGEST_TIMER_MS ? this.watchTime() : this.driver.dispatch({ type: 'timeUp' })),
      Math.min(left, LONGEST_TIMER_MS),
    );
  }

  dispose(): void {
    this.disposed = true;
    clearTimeout(this.timeTimer);
    clearTimeout(this.retryTimer);
  }

  private async ask(): Promise<void> {
    const answer = await this.study.askForTrial();
    // Otherwise the study has failed, which was reported.
    if (!answer) return;
    const { asked, waiting, reason } = answer;
    if (this.reason !== reason) this.options.update({ reason: (this.reason = reason) });
    if (!asked) return this.driver.dispatch({ type: 'answered', trial: null, waiting });
    const { id, params, resume: again, from, until } = asked;
    this.driver.dispatch({ type: 'answered', trial: { id, params, again, from, until }, waiting });
  }

  private make({ trial: id }: Command<'make'>): void {
    const { store, trouble, active, scheduler } = this.options;
    const { trials } = this.driver.state();
    const trial = trials[id]!;
    const { from } = trial.stage.name === 'wanted' ? trial.stage : {};
    const source = from === undefined ? undefined : trials[from];
    try {
      // Before the run exists: a trial is never asked for twice, and one without a run is made after a restart.
      this.study.saver.write();
      const { run, job, over } = this.trials.make(trial, this.plan, source ? this.trials.runOf(source) : null);
      this.driver.dispatch({ type: 'made', trial: id, run });
      if (over) this.driver.dispatch({ type: 'ended', trial: id, ...endOf(store.runs.get(run)!, this.plan, active) });
      this.made = job ?? 'nothing';
      this.options.update({});
    } catch (error) {
      // The trial is in the study but has no run: made when writing works again.
      trouble.met(error);
      this.retryTimer ??= setTimeout(() => {
        this.retryTimer = undefined;
        scheduler.pump();
      }, RETRY_MS);
    }
  }

  private cutOff({ trial, run, verdict, step }: Command<'cut'>): void {
    const { active, log, id } = this.options;
    log.info(`search ${id}: trial ${trial} is ${verdict}d at step ${step}`);
    if (verdict === 'prune') active.stop(run, 'prune');
    else active.suspend(run);
  }

  private show({ status }: Command<'show'>): void {
    if (status === 'paused') return this.options.update({ status });
    if (status === 'stopping') {
      const { phase } = this.driver.state();
      // Where nothing is running, the search has ended already.
      if (!('ending' in phase) || phase.ending !== 'failed') this.error = null;
      return this.options.update({ status, error: this.error });
    }
    this.error = null;
    this.plan = { ...this.plan, forgiven: this.driver.state().forgiven, since: Date.now() };
    this.watchTime();
    this.options.update({ status, error: null, endedAt: null, plan: this.plan });
  }

  private say(error: string | null): void {
    this.error = error;
    this.options.update({ error });
  }

  private finish({ ending, why }: Command<'finish'>): void {
    const { id, store, trouble, log, update, ended } = this.options;
    clearTimeout(this.retryTimer);
    clearTimeout(this.timeTimer);
    if (why !== null) {
      const text = why === 'gaveUp' ? gaveUpText : allFailedText;
      this.error = text(id, failuresOf(this.driver.state()), store.searches.trials(id), this.plan);
    }
    // Only then is it over: who reads the study of a search that has ended finds all of it.
    void this.study.saver.now().then(async () => {
      this.study.dispose();
      const write = (): void => {
        this.study.saver.write();
        this.endSuspended(ending === 'completed' ? 'prune' : 'stop');
        store.searches.update(id, { status: ending, error: this.error, endedAt: Date.now() });
      };
      await trouble.insist(write, () => this.disposed);
      if (this.disposed) return;
      update({});
      log.info(`search ${id}: ${ending}${this.error ? ` (${this.error})` : ''}`);
      ended();
    });
  }

  /** Trials that paused and were never resumed. */
  private endSuspended(reason: 'stop' | 'prune'): void {
    const { store, active, id } = this.options;
    for (const run of store.searches.trials(id)) if (run.status === 'paused') active.stop(run.id, reason);
  }
}
