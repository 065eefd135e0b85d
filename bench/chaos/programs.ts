/** Programs of the three kinds that log, each noting in a file of its own what was acknowledged. */
import * as fs from 'node:fs';
import * as path from 'node:path';

export const STEPS = 60;
/** Milliseconds between two steps. On a cluster, runs take longer to be found by those who kill them. */
const PAUSE_MS = { local: 40, slurm: 150 };

/** Notes written by every program beside its journal: who started, what was acknowledged, that it said its end. */
export const NOTES = { starts: 'chaos-starts', acknowledged: 'chaos-acknowledged', done: 'chaos-done' } as const;

const MODULE = `
import fs from 'node:fs';
import path from 'node:path';
const note = (name, line) => fs.appendFileSync(path.join(process.env.TUNESMITH_RUN_DIR, name), line + '\\n');
export default async function train(run) {
  note('${NOTES.starts}', process.pid);
  for (let step = 0; step < ${STEPS}; step++) {
    run.log({ loss: 1 / (step + 1) }, { step });
    note('${NOTES.acknowledged}', step);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MILLISECONDS));
  }
  note('${NOTES.done}', 'yes');
}
`;

const PYTHON = `
import os, time
import tunesmith

def note(name, line):
    with open(os.path.join(os.environ["TUNESMITH_RUN_DIR"], name), "a") as file:
        file.write(f"{line}\\n")

note("${NOTES.starts}", os.getpid())
run = tunesmith.init()
for step in range(${STEPS}):
    run.log({"loss": 1 / (step + 1)}, step=step)
    note("${NOTES.acknowledged}", step)
    time.sleep(PAUSE_SECONDS)
run.finish()
note("${NOTES.done}", "yes")
`;

const PLAIN = `
import fs from 'node:fs';
import path from 'node:path';
const note = (name, line) => fs.appendFileSync(path.join(process.env.TUNESMITH_RUN_DIR, name), line + '\\n');
note('${NOTES.starts}', process.pid);
for (let step = 0; step < ${STEPS}; step++) {
  fs.appendFileSync(process.env.TUNESMITH_JOURNAL, JSON.stringify({ step, values: { loss: 1 / (step + 1) } }) + '\\n');
  note('${NOTES.acknowledged}', step);
  await new Promise((resolve) => setTimeout(resolve, PAUSE_MILLISECONDS));
}
note('${NOTES.done}', 'yes');
`;

const OBJECTIVE = 'objective: { metric: loss, goal: minimize }\nparams: { x: 1 }\n';
const SEARCH = 'search:\n  sampler: random\n  trials: 6\n  parallel: 2\n  space:\n    x: { uniform: [0, 1] }\n';

/** Writes programs and experiment files into the workspace. Returns the files, three plain ones and a search of each. */
export function writePrograms(
  workspace: string,
  python: string,
  on: 'local' | 'slurm' = 'local',
): { runs: string[]; searches: string[] } {
  const write = (name: string, text: string): string => {
    const ms = PAUSE_MS[on];
    const filled = text.replaceAll('PAUSE_SECONDS', `${ms / 1000}`).replaceAll('PAUSE_MILLISECONDS', `${ms}`);
    fs.writeFileSync(path.join(workspace, name), filled);
    return path.join(workspace, name);
  };
  write('module.mjs', MODULE);
  write('client.py', PYTHON);
  write('plain.mjs', PLAIN);
  const how = {
    typescript: 'module: ./module.mjs',
    python: `run: ${python} client.py`,
    plain: 'run: node plain.mjs',
  };
  const files = { runs: [] as string[], searches: [] as string[] };
  for (const [name, program] of Object.entries(how)) {
    const run = `on: ${on}\n${program}`;
    files.runs.push(write(`${name}.tune.yaml`, `name: ${name}\n${run}\n${OBJECTIVE}`));
    files.searches.push(write(`${name}-search.tune.yaml`, `name: ${name}-search\n${run}\n${OBJECTIVE}${SEARCH}`));
  }
  return files;
}
