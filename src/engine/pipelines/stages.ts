/**
 * The runs of pipelines' stages. The program of a pipeline's run (`src/pipeline`) requests one stage after the other;
 * the choice of its run, an earlier one or a new one, is made here, one request after the other, so that no stage runs
 * twice.
 */
import type { Run, RunError } from '../../protocol/engine/index.js';
import { LIVE_STATUSES } from '../../protocol/engine/statuses.js';
import type { RequestParams, RequestResult } from '../../protocol/engine/index.js';
import type { EngineParts } from '../parts.js';
import { conflict, notFound } from '../server/requestError.js';
import { l10n } from '../../format/l10n.js';

type Asked = RequestParams<'pipelines/stage'>;
type Given = RequestResult<'pipelines/stage'>;

/** Ways in which a program ended that was not done, and did not fail by itself: it can resume from its checkpoint. */
const INTERRUPTED: readonly string[] = ['lost', 'out-of-memory', 'preempted'] satisfies RunError['kind'][];
/** Signals that others send. A program that crashed, as by SIGSEGV, might crash again at the same place. */
const SENT = ['SIGKILL', 'SIGTERM', 'SIGINT', 'SIGHUP', 'SIGXCPU', 'SIGUSR1', 'SIGUSR2'];

export class Stages {
  /** The last request for each hash. */
  private readonly asking = new Map<string, Promise<unknown>>();

  constructor(
    private readonly parts: Pick<EngineParts, 'store' | 'active' | 'maker' | 'folders' | 'environments' | 'log'>,
  ) {}

  /** Gives the run of a stage. Two pipelines that ask for the same stage get the same run. */
  async give(asked: Asked): Promise<Given> {
    const before = this.asking.get(asked.hash);
    const given = (async () => {
      await before?.catch(() => undefined);
      return this.decide(asked);
    })();
    this.asking.set(asked.hash, given);
    try {
      return await given;
    } finally {
      if (this.asking.get(asked.hash) === given) this.asking.delete(asked.hash);
    }
  }

  private async decide({ pipeline, stage, hash, text, parents, afresh }: Asked): Promise<Given> {
    const { active, environments, maker, store, log } = this.parts;
    const spec = active.spec(pipeline);
    if (!spec?.pipeline) throw conflict(l10n.t('Run {0} is not a running pipeline.', pipeline));
    if (!spec.pipeline.stages.some(({ name }) => name === stage)) throw notFound('stage', stage);
    const found = this.found(hash, afresh ? pipeline : null);
    const reused = ({ id }: Run): Given => ({ run: id, reused: this.pipelineOf(id) !== pipeline });
    if (found && !this.isInterrupted(found)) return reused(found);
    const environment = environments.of(pipeline, spec.search);
    if (found && active.resume(found.id, environment) === null) {
      log.info(`stage ${stage} of ${pipeline}: resumes as run ${found.id}`);
      return reused(found);
    }
    const name = `${store.runs.get(pipeline)?.name ?? spec.experiment}/${stage}`;
    const run = await maker.start(
      { file: spec.file!, text, name, ...(spec.capture && { capture: spec.capture }) },
      environment,
      { pipeline, name: stage, hash, parents },
    );
    log.info(`stage ${stage} of ${pipeline}: run ${run.id}`);
    return { run: run.id, reused: false };
  }

  /**
   * Returns the run that has completed the stage, is active for it, or can resume it; only of this pipeline, unless
   * that is null.
   */
  private found(hash: string, pipeline: string | null): Run | null {
    const { folders, store } = this.parts;
    // A folder that came from elsewhere may claim anything.
    const own = store.runs
      .ofStage(hash)
      .filter(({ id, stage }) => (pipeline ?? stage?.pipeline) === stage?.pipeline && folders.isAsked(id) === 'yes');
    return (
      own.find(({ status }) => status === 'completed') ??
      own.find(({ status }) => LIVE_STATUSES.includes(status) && status !== 'stopping') ??
      own.slice(0, 1).find((run) => this.isInterrupted(run)) ??
      null
    );
  }

  private isInterrupted({ id, status, error }: Run): boolean {
    const { folders, store } = this.parts;
    const kind = error?.kind ?? '';
    const isKilled =
      INTERRUPTED.includes(kind) || (kind === 'signal' && SENT.includes(store.runs.detail(id)?.signal ?? ''));
    if (status !== 'stopped' && !(status === 'failed' && isKilled)) return false;
    return folders.isResumable(id);
  }

  private pipelineOf(id: string): string | null {
    return this.parts.store.runs.get(id)?.stage?.pipeline ?? null;
  }
}
