/**
 * The program of a pipeline's run: has the engine run one stage after the other. All that it knows is in the plan in
 * `run.json` and in the runs of the stages, so it can be killed at any moment and resumes when it is started again.
 */
import { dirname, join } from 'node:path';
import { connectRun } from '../client/index.js';
import { readReal, STATE_LIMIT } from '../files/real.js';
import { fromRecord, workspaceOf } from '../files/runPaths.js';
import { RUN_FILES, RunSpec } from '../protocol/run/runFolder.js';
import { Conductor } from './conductor.js';
import { EngineLine } from './engineLine.js';

/** Milliseconds within which a stop that ended a stage also arrives here. */
const STOP_MS = 3000;

async function main(): Promise<void> {
  const run = connectRun();
  if (!run.enabled) throw new Error('a pipeline is started by Tunesmith: use "tunesmith run FILE.tune.yaml"');
  const spec = RunSpec.parse(JSON.parse(readReal(join(run.folder, RUN_FILES.spec), STATE_LIMIT)));
  if (!spec.pipeline) throw new Error('this run has no stages');
  const workspace = workspaceOf(run.folder);
  const folder = fromRecord(workspace, spec.file ? dirname(spec.file) : spec.cwd);
  const version = process.env.TUNESMITH_VERSION ?? '0.0.0';
  const engine = new EngineLine({ workspace, version, distFolder: __dirname });
  const conductor = new Conductor(run, spec.pipeline, folder, engine);
  let end!: () => void;
  const stopped = new Promise<void>((resolve) => (end = resolve));
  // The engine stops the stages as well; their results are used when the pipeline resumes.
  run.onStop(() => end());
  conductor.begin();
  const failed = await Promise.race([conductor.ended, stopped.then(() => null)]);
  if (failed !== null && failed.length > 0) {
    // A stop reaches the stages and this program at about the same time.
    await Promise.race([stopped, new Promise((resolve) => setTimeout(resolve, STOP_MS))]);
  }
  if (run.stopRequested !== null || failed === null) run.finish();
  else if (failed.length > 0) {
    const text = `${failed.length === 1 ? 'the stage' : 'the stages'} ${failed.join(', ')} failed`;
    run.message('error', text);
    run.finish('failed', text);
  } else run.finish('completed');
  await run.flush();
  process.exit(failed !== null && failed.length > 0 && run.stopRequested === null ? 1 : 0);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
