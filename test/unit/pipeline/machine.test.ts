import { describe, expect, it } from 'vitest';
import {
  begun,
  step,
  type PipelineCommand,
  type PipelineEvent,
  type PipelineState,
} from '../../../src/pipeline/machine.js';
import { createRandom } from '../../../src/search/maths/random.js';

type Plan = { name: string; after: string[] };

/** Plays the engine: answers in any order, with ends that are drawn, and with reports of runs that came late or twice. */
function play(stages: Plan[], draw: () => number, failing: (stage: string) => boolean) {
  let state: PipelineState = begun(stages);
  const waiting: PipelineEvent[] = [{ type: 'begin' }];
  const asked: string[] = [];
  const done = new Set<string>();
  const taken = new Map<string, string>();
  const runs = new Map<string, { stage: string; reused: boolean }>();
  let finished: string[] | null = null;
  let made = 0;
  const give = (stage: string): void => {
    asked.push(stage);
    const own = [...taken].find(([, one]) => one === stage)?.[0];
    const reused = draw() < 0.3;
    const run = `run${++made}`;
    expect(own).toBeUndefined();
    taken.set(run, stage);
    runs.set(run, { stage, reused });
    waiting.push({ type: 'run', run, status: 'running' });
    waiting.push(draw() < 0.05 ? { type: 'refused', stage, why: 'no' } : { type: 'given', stage, run, reused });
  };
  const carryOut = (command: PipelineCommand): void => {
    expect(finished).toBeNull();
    if (command.do === 'ask') {
      const plan = stages.find(({ name }) => name === command.stage)!;
      for (const before of plan.after) expect(done.has(before)).toBe(true);
      give(command.stage);
    } else if (command.do === 'collect') {
      expect(runs.get(command.run)?.stage).toBe(command.stage);
      const fault = draw() < 0.05 ? 'nothing written' : null;
      if (fault === null) done.add(command.stage);
      waiting.push({ type: 'collected', stage: command.stage, fault });
    } else finished = command.failed;
  };
  for (let turn = 0; waiting.length > 0 && turn < 5000; turn++) {
    const [event] = waiting.splice(Math.floor(draw() * waiting.length), 1);
    const result = step(state, event!);
    state = result.state;
    for (const command of result.commands) carryOut(command);
    // Runs that are known to be at work end some time; reports come twice now and then.
    for (const { name, phase } of state.stages) {
      if (phase.name !== 'at work' || waiting.some((one) => one.type === 'run' && one.run === phase.run)) continue;
      const { reused } = runs.get(phase.run)!;
      const status = reused && draw() < 0.3 ? 'stopped' : failing(name) ? 'failed' : 'completed';
      if (status === 'stopped') taken.delete(phase.run);
      waiting.push({ type: 'run', run: phase.run, status });
      if (draw() < 0.3) waiting.push({ type: 'run', run: phase.run, status });
    }
  }
  return { state, finished: finished as string[] | null, asked, done };
}

function randomPlan(draw: () => number): Plan[] {
  const names = Array.from({ length: 1 + Math.floor(draw() * 7) }, (_, i) => `s${i}`);
  return names.map((name, i) => ({ name, after: names.slice(0, i).filter(() => draw() < 0.4) }));
}

describe('the machine of a pipeline', () => {
  it('runs no stage twice and forgets none, in whatever order things happen', () => {
    for (let seed = 0; seed < 400; seed++) {
      const random = createRandom(seed);
      const draw = (): number => random.next();
      const stages = randomPlan(draw);
      const broken = new Set(stages.filter(() => draw() < 0.15).map(({ name }) => name));
      const { state, finished } = play(stages, draw, (stage) => broken.has(stage));
      expect(finished, `seed ${seed}`).not.toBeNull();
      expect(state.ended).toBe(true);
      const phases = new Map(state.stages.map(({ name, phase }) => [name, phase.name]));
      for (const { name, after } of stages) {
        const isHeldUp = after.some((one) => ['failed', 'skipped'].includes(phases.get(one)!));
        expect(phases.get(name) === 'skipped').toBe(isHeldUp);
      }
      expect(finished).toEqual(stages.flatMap(({ name }) => (phases.get(name) === 'failed' ? name : [])));
    }
  });

  it('asks again for a stage that another pipeline has stopped, and fails with one of its own', () => {
    let { state, commands } = step(begun([{ name: 'a', after: [] }]), { type: 'begin' });
    expect(commands).toEqual([{ do: 'ask', stage: 'a' }]);
    ({ state } = step(state, { type: 'given', stage: 'a', run: 'x', reused: true }));
    ({ state, commands } = step(state, { type: 'run', run: 'x', status: 'stopped' }));
    expect(commands).toEqual([{ do: 'ask', stage: 'a' }]);
    ({ state } = step(state, { type: 'given', stage: 'a', run: 'y', reused: false }));
    ({ state, commands } = step(state, { type: 'run', run: 'y', status: 'stopped' }));
    expect(commands).toEqual([{ do: 'finish', failed: ['a'] }]);
    expect(state.stages[0]!.phase).toMatchObject({ name: 'failed', why: 'was stopped' });
  });
});
