/** Creates the run of a trial, or launches its existing run again. */
import { planRun } from '../../../experiment/index.js';
import type { Run } from '../../../protocol/engine/index.js';
import { entryOf } from '../../../protocol/values/records.js';
import { sameValue } from '../../../search/index.js';
import type { StoreApi } from '../../../store/api.js';
import type { Environments } from '../../disk/environments.js';
import type { Job } from '../../executors/scheduler.js';
import type { ActiveRuns } from '../../runs/life/activeRuns.js';
import { problemText, workspaceRuns } from '../../runs/making/experiments.js';
import { newId } from '../../runs/making/ids.js';
import type { RunMaker } from '../../runs/making/maker.js';
import { trialSeed, type SearchPlan } from '../plan.js';
import type { TrialEntry } from './state.js';

export interface TrialMakerOptions {
  /** The search's id. */
  id: string;
  store: Pick<StoreApi, 'runs'>;
  active: ActiveRuns;
  maker: RunMaker;
  environments: Pick<Environments, 'of'>;
  distFolder: string;
}

/** `job`: to be placed; null: already running, or ended at once (`over`: it could not be started). */
export interface Made {
  run: string;
  job: Job | null;
  over: boolean;
}

export class TrialMaker {
  constructor(private readonly options: TrialMakerOptions) {}

  /** Throws when the disk is full: to be tried again then. `source`: the run whose checkpoint it begins from. */
  make(trial: TrialEntry, plan: SearchPlan, source: Run | null): Made {
    const { maker, active, environments, distFolder } = this.options;
    const own = this.runOf(trial);
    const until = trial.stage.name === 'wanted' ? trial.stage.until : undefined;
    const from = source?.id ?? null;
    const goesOn = own && (from !== null || (trial.stage.name === 'wanted' && trial.stage.again));
    const facts = maker.newRun(trialSeed(plan.seed, trial.id), trial.id, goesOn ? own.id : undefined);
    const environment = environments.of(this.options.id);
    const planned = planRun(plan.experiment, trial.params, {
      dist: distFolder,
      python: plan.python,
      run: facts,
      runs: workspaceRuns(this.options.store),
      ...(environment && { env: environment }),
    });
    const errors = planned.problems.filter((problem) => problem.severity === 'error');
    if (trial.stage.name === 'wanted' && trial.stage.again && own) {
      // The saved study is older than the state of the run.
      if (active.has(own.id) && !active.isSuspended(own.id)) return { run: own.id, job: null, over: false };
      // With its old values, it continues even if the space has changed and no longer has them.
      const unchanged = Object.entries(trial.params).every(([name, value]) =>
        sameValue(entryOf(own.params, name) ?? null, value),
      );
      if (errors.length === 0 || (unchanged && own.startedAt !== null)) {
        const changes = errors.length === 0 ? { params: planned.params, plan: planned } : undefined;
        return this.relaunched(own.id, active.relaunch(own.id, from, { changes, until }));
      }
      maker.refuse(own.id, problemText(errors));
      return { run: own.id, job: null, over: true };
    }
    const details = {
      id: facts.id,
      name: `trial ${trial.id}`,
      seed: facts.seed,
      search: this.options.id,
      trial: trial.id,
      environment,
    };
    if (errors.length > 0) {
      const usable = { ...planned, argv: planned.argv.length > 0 ? planned.argv : ['(not planned)'] };
      const spec = maker.create(plan.experiment, usable, { ...details, ...(goesOn && { id: newId() }), git: null });
      maker.refuse(spec.id, problemText(errors));
      return { run: spec.id, job: null, over: true };
    }
    const git = maker.repositories.lastOf(planned.cwd);
    if (from === null) {
      const spec = maker.create(plan.experiment, planned, { ...details, git, until });
      return { run: spec.id, job: active.job(spec), over: false };
    }
    // It has a run already when the checkpoint could not be copied at the first try.
    const { id } = own ?? maker.create(plan.experiment, planned, { ...details, git });
    this.made.set(trial.id, id);
    return this.relaunched(id, active.relaunch(id, from, { until }));
  }

  /** Runs made for a trial whose launch did not come about yet. */
  private readonly made = new Map<number, string>();

  /** A run that was deleted is none. */
  runOf({ id, run }: Pick<TrialEntry, 'id' | 'run'>): Run | null {
    const known = run ?? this.made.get(id);
    const found = known === undefined ? null : this.options.store.runs.get(known);
    return found?.deletedAt === null ? found : null;
  }

  private relaunched(run: string, job: Job | null): Made {
    // Its folder is gone; the search treats that as any other end.
    if (!job) this.options.active.lose(run);
    return { run, job, over: false };
  }
}
