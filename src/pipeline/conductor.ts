/**
 * Carries out the commands of a pipeline's state machine by requests to the engine, and returns their results as
 * events.
 */
import { join } from 'node:path';
import type { RunClient } from '../client/index.js';
import { EngineError } from '../engine/clients/index.js';
import { writeReal } from '../files/real.js';
import type { Run } from '../protocol/engine/index.js';
import { STAGE_RUNS_FILE, type PipelinePlan, type StagePlan, type StageRuns } from '../protocol/run/pipeline.js';
import { escapeUnsafe } from '../protocol/values/shownText.js';
import { hashOf } from './depends.js';
import type { EngineLine } from './engineLine.js';
import { begun, step, type PipelineCommand, type PipelineEvent, type PipelineState, type Phase } from './machine.js';
import { resultsOf } from './results.js';

export class Conductor {
  private state: PipelineState;
  private readonly plans: ReadonlyMap<string, StagePlan>;
  private readonly bytes = new Map<string, number | null>();
  private readonly said = new Map<string, string>();
  private logged = 0;
  private finish!: (failed: string[]) => void;
  /** Resolves to the names of the stages that failed. */
  readonly ended = new Promise<string[]>((resolve) => (this.finish = resolve));

  constructor(
    private readonly run: RunClient,
    private readonly plan: PipelinePlan,
    /** Folder of the experiment file. */
    private readonly folder: string,
    private readonly engine: EngineLine,
  ) {
    this.state = begun(plan.stages);
    this.plans = new Map(plan.stages.map((stage) => [stage.name, stage]));
  }

  begin(): void {
    this.engine.onRuns = (runs) => this.tell(runs);
    this.engine.onBack = () => void this.look().catch((error: unknown) => console.error(wordsOf(error)));
    this.happens({ type: 'begin' });
  }

  private happens(event: PipelineEvent): void {
    const { state, commands } = step(this.state, event);
    this.state = state;
    this.write();
    this.say();
    for (const command of commands) this.carryOut(command);
  }

  private carryOut(command: PipelineCommand): void {
    switch (command.do) {
      case 'ask':
        return void this.ask(this.plans.get(command.stage)!);
      case 'collect':
        return void this.collect(this.plans.get(command.stage)!, command.run);
      case 'finish':
        return this.finish(command.failed);
    }
  }

  private async ask(stage: StagePlan): Promise<void> {
    try {
      const text = this.filled(stage);
      const parents = stage.after.map((name) => this.runOf(name));
      const hash = await hashOf(stage, text, parents, this.folder);
      const given = await this.engine.request('pipelines/stage', {
        pipeline: this.run.id,
        stage: stage.name,
        hash,
        text,
        parents,
        afresh: stage.name === this.plan.afresh,
      });
      this.happens({ type: 'given', stage: stage.name, ...given });
      await this.look();
    } catch (error) {
      this.happens({ type: 'refused', stage: stage.name, why: wordsOf(error) });
    }
  }

  /** Inserts the runs of other stages into a stage's text, which is JSON. */
  private filled({ text }: StagePlan): string {
    return text.replace(/\{stage\.([A-Za-z_][\w-]*)\.(run|dir)\}/g, (_, name: string, fact: string) => {
      const run = this.runOf(name);
      const value = fact === 'run' ? run : join(this.run.folder, '..', run);
      return JSON.stringify(value).slice(1, -1);
    });
  }

  private runOf(name: string): string {
    const phase = this.state.stages.find((stage) => stage.name === name)!.phase;
    if (phase.name !== 'done') throw new Error(`the stage ${name} is not done`);
    return phase.run;
  }

  private async collect(stage: StagePlan, id: string): Promise<void> {
    try {
      const results = resultsOf(stage, await this.engine.request('runs/get', { id }));
      this.bytes.set(stage.name, results.bytes);
      if (Object.keys(results.metrics).length > 0) this.run.log(results.metrics, { step: this.logged++ });
      this.happens({ type: 'collected', stage: stage.name, fault: results.fault });
    } catch (error) {
      this.happens({ type: 'collected', stage: stage.name, fault: wordsOf(error) });
    }
  }

  /** Checks the runs of active stages, because notifications may have been missed. */
  private async look(): Promise<void> {
    const ids = this.state.stages.flatMap(({ phase }) => (phase.name === 'at work' ? phase.run : []));
    if (ids.length === 0) return;
    const { runs } = await this.engine.request('runs/list', { ids, limit: ids.length });
    this.tell(runs);
    // A deleted run is not listed.
    for (const run of ids) if (!runs.some(({ id }) => id === run)) this.happens({ type: 'run', run, status: null });
  }

  private tell(runs: readonly Run[]): void {
    for (const { id, status, error } of runs) {
      this.happens({ type: 'run', run: id, status, ...(error && { error: error.message }) });
    }
  }

  private write(): void {
    const stages: StageRuns['stages'] = this.state.stages.map(({ name, phase }) => ({
      name,
      run: 'run' in phase ? phase.run : null,
      reused: 'reused' in phase && phase.reused,
      skipped: phase.name === 'skipped',
      bytes: this.bytes.get(name) ?? null,
    }));
    const text = JSON.stringify({ version: 1, stages } satisfies StageRuns);
    if (this.said.get('') === text) return;
    this.said.set('', text);
    // It can be made again from the index; a full disk holds up no stage.
    try {
      writeReal(join(this.run.folder, STAGE_RUNS_FILE), text, { sync: false });
    } catch (error) {
      console.error(`${STAGE_RUNS_FILE} could not be written: ${wordsOf(error)}`);
    }
  }

  /** Prints new output of the stages, and shows the pipeline's progress. */
  private say(): void {
    const { stages } = this.state;
    for (const { name, phase } of stages) {
      const words = phaseWords(phase);
      if (words === null || this.said.get(name) === words) continue;
      this.said.set(name, words);
      console.log(`${name}: ${escapeUnsafe(words)}`);
    }
    const done = stages.filter(({ phase }) => phase.name === 'done').length;
    const now = stages.filter(({ phase }) => phase.name === 'at work').map(({ name }) => name);
    this.run.progress(done / stages.length, now.join(', '));
  }
}

function phaseWords(phase: Phase): string | null {
  switch (phase.name) {
    case 'at work':
      return phase.reused ? null : `run ${phase.run}`;
    case 'done':
      return phase.reused ? `unchanged, taken from run ${phase.run}` : `done (run ${phase.run})`;
    case 'failed':
      return `failed: ${phase.why}`;
    case 'skipped':
      return `skipped, because ${phase.because} failed`;
    default:
      return null;
  }
}

function wordsOf(error: unknown): string {
  if (error instanceof EngineError && error.problems.length > 0) {
    return error.problems.map(({ message }) => message).join('; ');
  }
  return error instanceof Error ? error.message : String(error);
}
