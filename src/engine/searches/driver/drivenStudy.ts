/** A search's study as its driver uses it: each value and each end is told once, and the study is saved. */
import type { Run } from '../../../protocol/engine/index.js';
import { SearchError } from '../../../search/index.js';
import type { Outcome } from '../../../search/types.js';
import type { StoreApi } from '../../../store/api.js';
import type { Trouble } from '../../disk/trouble.js';
import { badRequest, conflict } from '../../server/requestError.js';
import type { AskAnswer, ObjectivePoint, StudyCall, StudyCalls, StudyFacts } from '../study/messages.js';
import { OtherObjectives } from '../study/otherObjectives.js';
import { StudySaver } from '../study/saver.js';
import type { StudyThread } from '../study/studyThread.js';
import { l10n } from '../../../format/l10n.js';

export interface DrivenStudyOptions {
  search: string;
  thread: StudyThread;
  store: StoreApi;
  trouble: Trouble;
  /** By trial, how many values the study has heard. */
  reported: Readonly<Record<string, number>>;
  /** The metrics of the objectives; empty: there is none to report. */
  metrics(): readonly string[];
  /** Number of the present or last launch of a run. Everything that earlier ones logged was reported before it began. */
  launchOf(run: string): number;
  /** A value of the objective was reported. */
  heard(): void;
  judged(trial: number, verdict: 'prune' | 'pause', step: number): void;
  /** The thread could not answer. */
  broken(call: StudyCall, error: Error): void;
}

export class DrivenStudy {
  readonly saver: StudySaver;
  private readonly reported: Record<string, number>;
  private readonly others: OtherObjectives;
  private over = false;

  constructor(private readonly options: DrivenStudyOptions) {
    const { search, store, trouble } = options;
    this.reported = { ...options.reported };
    this.others = new OtherObjectives(store.series);
    this.saver = new StudySaver({
      trouble,
      ask: () => this.ask('save', {}),
      write: (text) => store.searches.saveStudy(search, text),
      ended: () => this.over,
    });
  }

  /** Returns null if the thread could not answer, which was reported then. */
  async ask<C extends StudyCall>(call: C, params: StudyCalls[C]['params']): Promise<StudyCalls[C]['result'] | null> {
    try {
      return await this.options.thread.call(call, params);
    } catch (error) {
      if (!this.over) this.options.broken(call, error as Error);
      return null;
    }
  }

  async askForTrial(): Promise<AskAnswer | null> {
    // A study of thousands of trials is not written down with each: its runs are found again by `takeUp`.
    const answer = await this.ask('ask', { save: this.saver.quick });
    // A resumed trial already has its run, so only the study knows that it was resumed.
    const unsaved = answer?.asked?.resume && answer.saved === null;
    this.saver.hold(unsaved ? await this.ask('save', {}) : (answer?.saved ?? null));
    return answer;
  }

  /** Changes the study on behalf of a person; a refusal is an error for them. */
  async alter<C extends 'enqueue' | 'change' | 'resize'>(
    call: C,
    params: StudyCalls[C]['params'],
  ): Promise<StudyFacts> {
    try {
      return await this.options.thread.call(call, params);
    } catch (error) {
      if (error instanceof SearchError) throw badRequest(`${error.message}.`);
      throw conflict(l10n.t("The search can't take this any more: {0}.", (error as Error).message));
    }
  }

  /** `points`: new ones of the objective in the order logged, where they are at hand. All that was not told yet is. */
  report(trial: number, run: Pick<Run, 'id'>, points?: readonly ObjectivePoint[]): void {
    const [metric, ...others] = this.options.metrics();
    if (metric === undefined) return;
    const told = this.reported[trial] ?? 0;
    const { series } = this.options.store;
    // Includes lost ones, so that this number only grows.
    const logged = series.logged(run.id, metric);
    if (logged <= told) return;
    // Usually these are just the next ones.
    const fresh = points && told + points.length === logged ? [...points] : series.values(run.id, metric, told);
    if (fresh.length === 0) return;
    this.reported[trial] = logged;
    this.options.heard();
    const launch = this.options.launchOf(run.id);
    const whole = others.length > 0 ? this.others.joined(trial, run.id, others, fresh) : fresh;
    const tagged = launch === 1 ? whole : whole.map((point) => ({ ...point, launch }));
    void this.ask('report', { id: trial, points: tagged, told: logged }).then((verdict) => {
      if (verdict === 'prune' || verdict === 'pause') this.options.judged(trial, verdict, fresh.at(-1)!.step);
    });
  }

  tell(trial: number, outcome: Outcome): void {
    if (outcome.state !== 'paused') {
      delete this.reported[trial];
      this.others.forget(trial);
    }
    void this.ask('tell', { id: trial, outcome });
  }

  /** Reopens an ended trial; the values that its run has logged so far count as told. */
  reopen(trial: number, run: Run): Promise<null> {
    const [metric] = this.options.metrics();
    const told = metric === undefined ? 0 : this.options.store.series.logged(run.id, metric);
    this.reported[trial] = told;
    return this.ask('reopen', { id: trial, told });
  }

  /** Stops all calls. */
  dispose(): void {
    this.over = true;
    this.options.thread.dispose();
  }
}
