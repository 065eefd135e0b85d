/** Makes a job's folder and its ticket. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { createHash } from 'node:crypto';
import { personsUmask } from '../engine/disk/umask.js';
import { makeFolderReal, writeReal } from '../files/real.js';
import { fromRecord, toRecord } from '../files/runPaths.js';
import type { RemoteJob } from '../protocol/engine/remote.js';
import { RUN_FILES } from '../protocol/run/runFiles.js';
import type { Places } from './places.js';
import { standingOf } from './standing.js';
import type { Tickets } from './tickets.js';

/** Submitting a job twice is harmless. Throws with a sentence for the person. */
export async function submit(job: RemoteJob, places: Places, tickets: Tickets): Promise<void> {
  const { place, run, launch, copy, name } = job;
  if (tickets.read(name)) return;
  const there = places.find(place, run);
  if (there !== null && standingOf(there, launch) !== 'not begun') return;
  const folder = places.settle(place, copy, run);
  const workspace = places.copy(place, copy);
  const spec = JSON.parse(job.spec) as { cwd: string; launch?: Record<string, unknown> };
  const cwd = fromRecord(workspace, spec.cwd);
  if (cwd.startsWith(folder + path.sep)) makeFolderReal(cwd);
  if (!fs.existsSync(cwd)) throw new Error(`The folder ${spec.cwd} was not sent: it has no files that git would keep.`);
  for (const [file, text] of Object.entries(job.files)) {
    const target = path.join(folder, file);
    if (path.relative(folder, target).startsWith('..')) throw new Error(`${file} is not in the run's folder`);
    makeFolderReal(path.dirname(target));
    writeReal(target, text);
  }
  if (job.from && spec.launch) {
    const from = places.find(place, job.from.run);
    const taken = from === null ? null : await places.takeCheckpoint(folder, from, job.from.atMost);
    spec.launch.checkpoint = taken === null ? null : toRecord(workspace, taken);
  }
  const text = JSON.stringify(spec);
  writeReal(path.join(folder, RUN_FILES.spec), text);
  const hash = createHash('sha256').update(text).digest('hex');
  const { env, setup, gpus, perGpu, search } = job;
  tickets.write({
    ...{ version: 1, name, folder, launch, env, setup, gpus, perGpu, search },
    argv: [...job.argv, folder, (personsUmask() ?? process.umask()).toString(8), hash, ''],
    at: Date.now(),
    device: null,
  });
}
