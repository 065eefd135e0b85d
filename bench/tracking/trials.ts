/** Trials a second of a search whose trials do nothing but report a number. */
import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { makeWorkspace, MeasuredEngine, pause } from './engine.js';

export interface TrialsResult {
  perSecond: number;
  /** Milliseconds of the engine's processor time for each trial. */
  engineMs: number;
}

export type TrialsKind = 'process' | 'python' | 'module';

const PROGRAMS: Record<TrialsKind, { file: string; run: string; text: string }> = {
  process: {
    file: 'train.py',
    run: 'run: python3 train.py',
    text: 'import tunesmith\nrun = tunesmith.init()\nrun.log({"loss": run.config.x}, step=0)\n',
  },
  python: {
    file: 'trials.py',
    run: 'run: python3 trials.py',
    text: 'import tunesmith\nfor trial in tunesmith.trials():\n    trial.tell(trial.params.x)\n',
  },
  module: {
    file: 'trials.mjs',
    run: 'module: ./trials.mjs',
    text: 'export default async (run) => {\n  for await (const trial of run.trials()) trial.tell(trial.params.number("x"));\n};\n',
  },
};

/** Measures `count` trials, `parallel` at once, from the first one that has ended on: programs start once. */
export async function measureTrials(
  kind: TrialsKind,
  count: number,
  parallel: number,
  dist: string,
  profile: string | null,
): Promise<TrialsResult> {
  const workspace = makeWorkspace();
  const { file, run, text } = PROGRAMS[kind];
  writeFileSync(path.join(workspace, file), text);
  const experiment = path.join(workspace, 'bench.tune.yaml');
  const space = '  space: { x: { uniform: [0, 1] } }';
  writeFileSync(
    experiment,
    `name: bench\n${run}\nparams: { x: 0.5 }\nobjective: { metric: loss, goal: minimize }\n` +
      `search:\n  sampler: random\n  pruner: none\n  trials: ${count}\n  parallel: ${parallel}\n${space}\n`,
  );
  const engine = await MeasuredEngine.start(workspace, dist, profile);
  const { search } = await engine.client.request('searches/start', { file: experiment });
  let first: { at: number; done: number; cpu: number } | null = null;
  for (;;) {
    await pause(50);
    const { counts, status, error } = await engine.client.request('searches/get', { id: search.id });
    if (error !== null) throw new Error(error);
    if (first === null && counts.completed >= parallel)
      first = { at: performance.now(), done: counts.completed, cpu: engine.cpu() };
    if (status === 'running') continue;
    const seconds = (performance.now() - first!.at) / 1000;
    const done = counts.completed - first!.done;
    if (counts.completed !== count) throw new Error(`${count - counts.completed} trials did not complete`);
    const engineMs = (1000 * (engine.cpu() - first!.cpu)) / done;
    await engine.stop();
    rmSync(workspace, { recursive: true, force: true, maxRetries: 5 });
    return { perSecond: done / seconds, engineMs };
  }
}

const OPTUNA = `
import multiprocessing, subprocess, sys, tempfile, time
import optuna
optuna.logging.set_verbosity(optuna.logging.ERROR)
kind, count, parallel = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
def objective(trial):
    x = trial.suggest_float("x", 0, 1)
    if kind == "process":
        subprocess.run([sys.executable, "-c", "pass"], check=True)
    return x
def work(storage):
    study = optuna.load_study(study_name="s", storage=storage, sampler=optuna.samplers.RandomSampler())
    study.optimize(objective, n_trials=count // parallel)
if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        storage = f"sqlite:///{folder}/s.db"
        optuna.create_study(study_name="s", storage=storage)
        workers = [multiprocessing.Process(target=work, args=(storage,)) for _ in range(parallel)]
        began = time.perf_counter()
        for worker in workers: worker.start()
        for worker in workers: worker.join()
        print(count / (time.perf_counter() - began))
`;

/** Trials a second of Optuna with a SQLite storage that its processes share; `process`: each trial starts a Python. */
export function measureOptuna(kind: 'process' | 'function', count: number, parallel: number, python: string): number {
  const script = path.join(process.cwd(), 'out', 'bench-optuna-trials.py');
  writeFileSync(script, OPTUNA);
  return Number(execFileSync(python, [script, kind, String(count), String(parallel)], { encoding: 'utf8' }));
}
