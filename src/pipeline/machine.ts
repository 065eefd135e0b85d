/**
 * The life of a pipeline as a table: (state, event) → (state, commands). Pure: `conductor.ts` carries the commands out and
 * brings what comes of them back as events.
 *
 *   waiting → asking → at work → collecting → done
 *   any of these → failed, or skipped when a stage before it has failed
 *
 * A stage that fails holds up only those that need it: the others are done before the pipeline fails.
 */
import type { StagePlan } from '../protocol/run/pipeline.js';
import { ENDED_STATUSES, type RunStatus } from '../protocol/engine/statuses.js';

export type Phase =
  | { name: 'waiting' }
  | { name: 'asking' }
  | { name: 'at work' | 'collecting' | 'done'; run: string; reused: boolean }
  | { name: 'failed'; run: string | null; reused: boolean; why: string }
  | { name: 'skipped'; because: string };

export interface StageState {
  name: string;
  after: readonly string[];
  phase: Phase;
}

export interface PipelineState {
  stages: readonly StageState[];
  /** True once the end was reported. */
  ended: boolean;
}

export type PipelineEvent =
  | { type: 'begin' }
  /** The engine has given a run for the stage. */
  | { type: 'given'; stage: string; run: string; reused: boolean }
  /** It refuses to start one. */
  | { type: 'refused'; stage: string; why: string }
  /** State of a run; null: it is gone. */
  | { type: 'run'; run: string; status: RunStatus | null; error?: string }
  /** The results of the stage were checked; `fault`: how they differ from the expected ones. */
  | { type: 'collected'; stage: string; fault: string | null };

export type PipelineCommand =
  { do: 'ask'; stage: string } | { do: 'collect'; stage: string; run: string } | { do: 'finish'; failed: string[] };

export interface PipelineStep {
  state: PipelineState;
  commands: PipelineCommand[];
}

export function begun(stages: readonly Pick<StagePlan, 'name' | 'after'>[]): PipelineState {
  return { stages: stages.map(({ name, after }) => ({ name, after, phase: { name: 'waiting' } })), ended: false };
}

export function step(state: PipelineState, event: PipelineEvent): PipelineStep {
  if (state.ended) return { state, commands: [] };
  const commands: PipelineCommand[] = [];
  const changed = state.stages.map((stage) => {
    const phase = next(stage, event, commands);
    return phase === stage.phase ? stage : { ...stage, phase };
  });
  return goOn({ ...state, stages: changed }, commands);
}

function next({ name, phase }: StageState, event: PipelineEvent, commands: PipelineCommand[]): Phase {
  switch (event.type) {
    case 'given':
      if (name !== event.stage || phase.name !== 'asking') return phase;
      return { name: 'at work', run: event.run, reused: event.reused };
    case 'refused':
      if (name !== event.stage || phase.name !== 'asking') return phase;
      return { name: 'failed', run: null, reused: false, why: event.why };
    case 'run':
      if (phase.name !== 'at work' || phase.run !== event.run) return phase;
      return ended(name, phase, event, commands);
    case 'collected': {
      if (name !== event.stage || phase.name !== 'collecting') return phase;
      const { run, reused } = phase;
      return event.fault === null ? { name: 'done', run, reused } : { name: 'failed', run, reused, why: event.fault };
    }
    default:
      return phase;
  }
}

function ended(
  stage: string,
  phase: Extract<Phase, { name: 'at work' | 'collecting' | 'done' }>,
  { status, error }: Extract<PipelineEvent, { type: 'run' }>,
  commands: PipelineCommand[],
): Phase {
  const { run, reused } = phase;
  if (status !== null && !ENDED_STATUSES.includes(status)) return phase;
  if (status === 'completed') {
    commands.push({ do: 'collect', stage, run });
    return { name: 'collecting', run, reused };
  }
  // A run of another pipeline was shared; its end there does not decide what is needed here.
  if (reused && status !== 'failed') {
    commands.push({ do: 'ask', stage });
    return { name: 'asking' };
  }
  const why = status === null ? `its run ${run} is gone` : status === 'failed' ? (error ?? 'failed') : `was ${status}`;
  return { name: 'failed', run, reused, why };
}

/** Asks for the stages whose turn it is, skips those that can't be done, and ends when nothing is left to do. */
function goOn(state: PipelineState, commands: PipelineCommand[]): PipelineStep {
  const phases = new Map(state.stages.map(({ name, phase }) => [name, phase]));
  for (let again = true; again;) {
    again = false;
    for (const { name, after } of state.stages) {
      if (phases.get(name)!.name !== 'waiting') continue;
      const before = after.map((one) => ({ one, phase: phases.get(one)! }));
      const broken = before.find(({ phase }) => phase.name === 'failed' || phase.name === 'skipped');
      if (broken) {
        const because = broken.phase.name === 'skipped' ? broken.phase.because : broken.one;
        phases.set(name, { name: 'skipped', because });
        again = true;
      } else if (before.every(({ phase }) => phase.name === 'done')) {
        phases.set(name, { name: 'asking' });
        commands.push({ do: 'ask', stage: name });
      }
    }
  }
  const stages = state.stages.map((stage) => ({ ...stage, phase: phases.get(stage.name)! }));
  const over = stages.every(({ phase }) => ['done', 'failed', 'skipped'].includes(phase.name));
  if (over)
    commands.push({ do: 'finish', failed: stages.flatMap(({ name, phase }) => (phase.name === 'failed' ? name : [])) });
  return { state: { stages, ended: over }, commands };
}
