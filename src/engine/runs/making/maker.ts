/** Creates runs: folder and row first, then the queue. */
import { randomInt } from 'node:crypto';
import { namesItsRun, type Experiment, type RunFacts, type RunPlan } from '../../../experiment/index.js';
import { ErrorCode, type Run, type RunStatus } from '../../../protocol/engine/index.js';
import { debugLanguage, debugPlace, type DebugSpec } from '../../../protocol/run/debugging.js';
import type { StageOf } from '../../../protocol/run/pipeline.js';
import type { RunSpec } from '../../../protocol/run/runFolder.js';
import type { RangeTest } from '../../../protocol/trainer/rangeTest.js';
import { mergeFloats, type Floats } from '../../../protocol/values/floats.js';
import type { Params } from '../../../protocol/values/index.js';
import type { StoreApi } from '../../../store/api.js';
import type { ActiveRuns } from '../life/activeRuns.js';
import { shownOf, type Environment, type Environments } from '../../disk/environments.js';
import type { Changes } from '../../server/changes.js';
import { loadExperiment, planOrRefuse, workspaceRuns } from './experiments.js';
import { isDiskFull } from '../../disk/files.js';
import { hostName } from '../../machine/hostFacts.js';
import { Repositories } from '../../machine/repositories.js';
import { placeOrRefuse, refuseBeyondHost } from '../../executors/placing.js';
import { newId } from './ids.js';
import type { NewRunDetails, StartRequest } from './requests.js';
import { notFound, RequestError } from '../../server/requestError.js';
import { stepOf } from '../../../client/checkpoints/index.js';
import type { Clusters } from '../../executors/clusters.js';
import type { Sending } from '../../executors/sending.js';
import type { RunFolders } from './folders.js';
import type { Trouble } from '../../disk/trouble.js';
import { l10n } from '../../../format/l10n.js';

export class RunMaker {
  /** Commits of the folders in which programs start. */
  readonly repositories = new Repositories();

  constructor(
    private readonly options: {
      store: StoreApi;
      folders: RunFolders;
      environments: Environments;
      active: ActiveRuns;
      changes: Changes;
      distFolder: string;
      /** Its real path. */
      workspace: string;
      trouble: Trouble;
      sending: Sending;
      clusters: Clusters;
    },
  ) {}

  /** `stage`: the run's place in a pipeline. */
  async start(request: StartRequest, environment: Environment | null, stage?: StageOf): Promise<Run> {
    const experiment = await loadExperiment(request.file, request.text);
    // The parsed object itself knows the positions of its values in the file.
    if (request.capture) experiment.capture = request.capture;
    const { workspace, distFolder: dist } = this.options;
    await placeOrRefuse(experiment, request.place, { workspace, dist, env: environment ?? process.env });
    await this.options.sending.require(experiment.cluster, request.send);
    await refuseBeyondHost(experiment, this.options.clusters, environment ?? process.env);
    const seed = request.seed ?? experiment.seed ?? newSeed();
    const run = this.newRun(seed, null);
    const { distFolder } = this.options;
    const { floats, python } = request;
    const plan = planOrRefuse(experiment, request.params ?? {}, {
      dist: distFolder,
      python: python ?? null,
      floats,
      run,
      runs: workspaceRuns(this.options.store),
      ...(environment && { env: environment }),
    });
    const { rangeTest } = request;
    if (rangeTest && plan.network === undefined) {
      throw new RequestError(
        ErrorCode.conflict,
        l10n.t('Learning rates are tried out by the built-in trainer: the file needs a "network:" section.'),
      );
    }
    if (request.afresh !== undefined) {
      const stages = plan.pipeline?.stages.map(({ name }) => name) ?? [];
      if (!stages.includes(request.afresh)) throw notFound('stage', request.afresh);
      plan.pipeline!.afresh = request.afresh;
    }
    const spec = this.create(experiment, plan, {
      id: run.id,
      name: request.name ?? this.nextName(experiment.name, rangeTest),
      seed,
      search: null,
      trial: null,
      git: await this.repositories.of(plan.cwd),
      environment,
      ...(rangeTest && { rangeTest }),
      ...(stage && { stage }),
    });
    this.options.active.enqueue(spec);
    return this.row(spec.id);
  }

  /** Returns the facts that a plan may refer to, for a new run or a resumed one. */
  newRun(seed: number, trial: number | null, id = newId()): RunFacts {
    return { id, folder: this.options.folders.path(id), seed, trial };
  }

  /**
   * Plans a run with the same program, params and seed. If `params` are given, or the command names the run's own
   * folder, the program is planned again from the experiment as it was then.
   */
  async rerun(
    id: string,
    params: Params = {},
    floats: Floats | undefined,
    environment: Environment | null,
    debuggerArgs?: string[],
    send?: string,
  ): Promise<Run> {
    await this.options.sending.require(this.specOf(id).cluster, send);
    const spec = await this.again(id, params, floats, environment, (old, plan) => ({
      rerunOf: id,
      ...(old.rangeTest && { rangeTest: old.rangeTest }),
      ...(debuggerArgs && { debug: debugSpec(plan.argv, debuggerArgs) }),
    }));
    this.options.active.enqueue(spec);
    return this.row(spec.id);
  }

  /** Like `rerun`, but the program continues from a copy of the run's newest checkpoint, or the newest at or before `step`. */
  async branch(
    id: string,
    step: number | null,
    params: Params = {},
    floats: Floats | undefined,
    environment: Environment | null,
    send?: string,
  ): Promise<Run> {
    const { active, folders } = this.options;
    await this.options.sending.require(this.specOf(id).cluster, send);
    this.planAgain(id, params, floats, environment);
    const from = folders.savedAt(id, step);
    if (!from) throw new RequestError(ErrorCode.conflict, noCheckpoint(id, step, folders.savedSteps(id)));
    if (folders.remoteCheckpoints(id)) return this.branchRemotely(id, step, from, params, floats, environment);
    // Copied at once, because a running run may replace it while the new run waits for a device.
    const own = newId();
    const checkpoint = await folders.takeCheckpoint(own, id, { atMost: step });
    if (!checkpoint) {
      await folders.remove(own);
      throw new RequestError(ErrorCode.conflict, l10n.t("The checkpoint of run {0} can't be copied. Try again.", id));
    }
    const spec = await this.again(
      id,
      params,
      floats,
      environment,
      () => ({
        launch: { number: 2, at: Date.now(), checkpoint },
        branch: { run: id, step: stepOf(checkpoint) },
      }),
      own,
    );
    active.enqueue(spec);
    return this.row(spec.id);
  }

  /** The checkpoint is copied on the host where both runs work. */
  private async branchRemotely(
    id: string,
    step: number | null,
    checkpoint: string,
    params: Params,
    floats: Floats | undefined,
    environment: Environment | null,
  ): Promise<Run> {
    const spec = await this.again(id, params, floats, environment, () => ({
      launch: { number: 2, at: Date.now(), checkpoint: null, from: id, ...(step !== null && { atMost: step }) },
      branch: { run: id, step: stepOf(checkpoint) },
    }));
    this.options.active.enqueue(spec);
    return this.row(spec.id);
  }

  /** Creates a run with the program, params and seed of an earlier one. */
  private async again(
    id: string,
    params: Params,
    floats: Floats | undefined,
    environment: Environment | null,
    more: (old: RunSpec, plan: RunPlan) => Partial<NewRunDetails>,
    own = newId(),
  ) {
    const run = this.newRun(this.specOf(id).seed, null, own);
    const { old, experiment, plan } = this.planAgain(id, params, floats, environment, run);
    const spec = this.create(experiment ?? old, plan, {
      id: run.id,
      name: this.nextName(old.experiment, old.rangeTest),
      seed: old.seed,
      search: null,
      trial: null,
      git: await this.repositories.of(plan.cwd),
      environment,
      ...more(old, plan),
    });
    return spec;
  }

  /** Returns the plan that `rerun` would start, without changing anything. Throws if the run can't be run again. */
  planAgain(
    id: string,
    params: Params = {},
    floats: Floats | undefined,
    environment: Environment | null,
    run?: ReturnType<RunMaker['newRun']>,
  ) {
    const { folders, distFolder, workspace } = this.options;
    const old = this.specOf(id);
    if (old.origin?.by === 'import') {
      throw new RequestError(
        ErrorCode.conflict,
        l10n.t("Run {0} was imported from another program's logs, which do not say how to run it again.", id),
      );
    }
    const experiment = folders.experiment(id);
    let plan: RunPlan = { ...old, problems: [] };
    // Its command names files where they were before the workspace was moved.
    const isMoved = experiment !== null && old.origin?.workspace !== undefined && old.origin.workspace !== workspace;
    const changed = Object.keys(params).length > 0;
    if (changed && !experiment) {
      throw new RequestError(
        ErrorCode.conflict,
        l10n.t("Run {0} has no experiment, so its parameters can't be changed.", id),
      );
    }
    if (experiment && (changed || isMoved || namesItsRun(experiment))) {
      const all = { params: { ...old.params, ...params }, floats: mergeFloats(old, { params, floats }) };
      const facts = run ?? this.newRun(old.seed, null);
      const env = environment ? { env: environment } : {};
      const runs = workspaceRuns(this.options.store);
      plan = planOrRefuse(experiment, all.params, { dist: distFolder, floats: all.floats, run: facts, runs, ...env });
    }
    return { old, experiment, plan };
  }

  private specOf(id: string): RunSpec {
    const { folders, store } = this.options;
    if (!store.runs.get(id)) throw notFound('run', id);
    const spec = folders.spec(id);
    if (!spec)
      throw new RequestError(
        ErrorCode.notFound,
        l10n.t("The folder of run {0} is gone, so it can't be run again.", id),
      );
    return spec;
  }

  /** Writes folder and row, and starts nothing. */
  create(from: Experiment | RunSpec, plan: RunPlan, details: NewRunDetails, status: RunStatus = 'queued'): RunSpec {
    const { store, folders, environments, changes } = this.options;
    const { environment } = details;
    const env = shownOf(environment);
    const experiment = 'program' in from ? from : null;
    const spec: RunSpec = {
      version: 1,
      id: details.id,
      experiment: experiment ? experiment.name : (from as RunSpec).experiment,
      file: from.file,
      search: details.search,
      trial: details.trial,
      params: plan.params,
      ...(plan.floats && { floats: plan.floats }),
      argv: plan.argv,
      ...(plan.unpassed && { unpassed: plan.unpassed }),
      ...(plan.variables && { variables: plan.variables }),
      cwd: plan.cwd,
      env: plan.env,
      ...(from.capture && { capture: from.capture }),
      ...(from.alerts?.length && { alerts: from.alerts }),
      ...(plan.network === undefined ? {} : { network: plan.network }),
      ...(plan.pipeline && { pipeline: plan.pipeline }),
      ...(details.stage && { stage: details.stage }),
      ...(details.rangeTest && { rangeTest: details.rangeTest }),
      ...(details.debug && { debug: details.debug }),
      seed: details.seed,
      ...(details.launch && { launch: details.launch }),
      ...(details.until !== undefined && { until: details.until }),
      ...(details.branch && { branch: details.branch }),
      ...(details.rerunOf !== undefined && { rerunOf: details.rerunOf }),
      // The loss of a learning rate test is not comparable with that of a training.
      objective: details.rangeTest ? null : from.objective,
      createdAt: Date.now(),
      name: details.name,
      resources: from.resources,
      // A pipeline's program stays here, and only its stages go to the cluster.
      ...(from.cluster && !plan.pipeline && { cluster: from.cluster }),
      ...(from.retries && { retries: from.retries }),
      origin: { host: hostName(), git: details.git, ...(env && { env }), workspace: this.options.workspace },
      stopGrace: from.stopGrace ?? 10,
    };
    const own = details.search === null ? environment : null;
    const folder = this.makeFolder(spec, experiment, own, plan.files);
    try {
      store.runs.insert({ spec, name: details.name, status, folder, host: hostName(), git: details.git });
    } catch (error) {
      // Otherwise the next engine would mistake the folder for a run.
      folders.discard(spec.id);
      environments.forget(spec.id);
      throw error;
    }
    changes.runChanged(spec.id);
    return spec;
  }

  private makeFolder(
    spec: RunSpec,
    experiment: Experiment | null,
    environment: Environment | null,
    files?: Record<string, string>,
  ): string {
    const { environments, folders } = this.options;
    try {
      if (environment) environments.keep(spec.id, environment);
      return folders.create(spec, experiment, files);
    } catch (error) {
      environments.forget(spec.id);
      // The requesting client gets an answer, but the problem concerns all clients.
      if (isDiskFull(error)) this.options.trouble.met(error);
      throw error;
    }
  }

  /** Ends a run that can't be started at all. */
  refuse(id: string, message: string): void {
    const { store, folders, changes } = this.options;
    folders.writeEnd(id, 'failed', { kind: 'not-started', message });
    store.runs.update(id, {
      status: 'failed',
      endedAt: Date.now(),
      error: { kind: 'not-started', message, logTail: '' },
    });
    changes.runChanged(id);
  }

  private nextName(experiment: string, rangeTest?: RangeTest): string {
    const count = this.options.store.runs.countAlone(experiment);
    return `${rangeTest ? 'learning rates ' : ''}${experiment} ${count + 1}`;
  }

  private row(id: string): Run {
    const run = this.options.store.runs.get(id);
    if (!run) throw notFound('run', id);
    return run;
  }
}

function debugSpec(argv: string[], args: string[]): DebugSpec {
  const language = debugLanguage(argv);
  if (language === null) {
    throw new RequestError(
      ErrorCode.conflict,
      l10n.t('Only programs that python or node start can be debugged; this command starts with {0}.', argv[0]),
    );
  }
  return { at: debugPlace(argv, language), args };
}

function noCheckpoint(id: string, step: number | null, steps: readonly number[]): string {
  if (step === null || steps.length === 0)
    return l10n.t(
      'Run {0} has no checkpoint to branch from. Its program must save checkpoints; see "Pause and resume" in docs/training-api.md.',
      id,
    );
  return l10n.t('Run {0} has no checkpoint at or before step {1}. It has them at {2}.', id, step, steps.join(', '));
}

export function newSeed(): number {
  return randomInt(2 ** 31);
}
