/** Records, for a run that was just started, its code, its environment and its data. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolderReal, removeReal, writeReal } from '../../../files/real.js';
import { RECORDED } from '../../../protocol/run/recordedFiles.js';
import type { RecordedEnvironment } from '../../../protocol/engine/recorded.js';
import type { ProgramSpec } from '../spec.js';
import { recordCode } from './code.js';
import { recordData } from './data.js';
import { recordEnvironment, type EnvironmentOf } from './environment.js';
import { Recent } from './recent.js';

/**
 * Code may be edited while a search runs, so it is asked for again after a second; packages and GPUs change more rarely. Both
 * records contain the time at which they were true.
 */
const code = new Recent<Record<string, string> | null>(1000);
const environment = new Recent<RecordedEnvironment>(60_000);
/** The first one tells that the others are there. */
const CODE_FILES = [RECORDED.code, RECORDED.changes, RECORDED.untracked];

/**
 * Nothing waits for it: the program runs meanwhile. Only a run's first launch is recorded. Never rejects. `here`: the
 * run's folder; `env`: the program's; `ours`: our own folder on its PYTHONPATH. `isCopy`: the code is a copy that was sent to
 * this host, and its state is recorded where it came from.
 */
export async function recordStart(
  here: string,
  spec: ProgramSpec,
  env: Record<string, string>,
  ours: string | null,
  isCopy = false,
): Promise<void> {
  if (existsSync(join(here, RECORDED.folder))) return;
  const { argv, cwd, params, network, search } = spec;
  await Promise.allSettled([
    isCopy ? undefined : recordCodeOf(here, cwd, search),
    environment
      .get(search, circumstances({ argv, cwd, env, ours }), () => recordEnvironment({ argv, cwd, env, ours }))
      .then((facts) => keep(here, RECORDED.environment, JSON.stringify(facts))),
    recordData([argv.slice(1), params, network], cwd).then((data) => {
      if (data.length > 0) keep(here, RECORDED.data, JSON.stringify(data));
    }),
  ]);
}

/** Everything that decides what `recordEnvironment` finds. */
function circumstances({ argv, cwd, env, ours }: EnvironmentOf): string {
  const variables = Object.entries(env).filter(([name]) => !name.startsWith('TUNESMITH_'));
  return JSON.stringify([argv[0], cwd, ours, variables]);
}

/**
 * Records the code of a run whose program gets a copy of it on another host, unless that is done. `again`: replaces the record
 * of an earlier attempt, whose files were not sent. Never rejects.
 */
export async function recordSentCode(here: string, cwd: string, again: boolean): Promise<void> {
  try {
    const isThere = existsSync(join(here, RECORDED.folder, RECORDED.code));
    if (isThere && !again) return;
    if (isThere) for (const name of CODE_FILES) await removeReal(join(here, RECORDED.folder, name));
    // Files are read now, so an answer of a moment ago would be of others.
    keepAll(here, await recordCode(cwd));
  } catch {
    // A run without a record of its code is better than none.
  }
}

async function recordCodeOf(here: string, cwd: string, search: string | null): Promise<void> {
  keepAll(here, await code.get(search, cwd, () => recordCode(cwd)));
}

function keepAll(here: string, files: Record<string, string> | null): void {
  for (const [name, text] of Object.entries(files ?? {})) keep(here, name, text);
}

function keep(here: string, name: string, text: string): void {
  const folder = join(here, RECORDED.folder);
  makeFolderReal(folder);
  writeReal(join(folder, name), text, { sync: false });
}
