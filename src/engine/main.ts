/** `node engine.cjs --workspace DIR [--state DIR]`: the engine process of one workspace folder. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { parseArgs } from 'node:util';
import { Engine } from './engine.js';
import { makeFolderReal, statReal, writeReal } from '../files/real.js';
import { isDiskFull } from './disk/files.js';
import { hostFolders, prepareLocal } from './disk/localState.js';
import { EngineLock } from './disk/lock.js';
import { Log } from './disk/log.js';
import { workspacePaths, type WorkspacePaths } from './disk/paths.js';
import { isForbidden, whyClosed, whyReadOnly } from './disk/readOnly.js';
import { isHere } from './machine/host.js';
import { hostOf, removeStaleSocket } from './server/address.js';
import { keepFilesPrivate } from './disk/umask.js';
import { EXIT_DISK_FULL, EXIT_UNEXPECTED } from './disk/exitCodes.js';

/** Set to end an idle engine sooner or later than usual. */
const IDLE_VARIABLE = 'TUNESMITH_ENGINE_IDLE_SECONDS';
const IDLE_SECONDS = 60;

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { workspace: { type: 'string' }, state: { type: 'string' } } });
  if (!values.workspace) throw new Error('usage: node engine.cjs --workspace DIR [--state DIR]');
  keepFilesPrivate();
  const workspace = fs.realpathSync(values.workspace);
  const state = prepareLocal(workspace);
  const { paths, lock } = lockFolder(workspace, values.state ?? state.folder);
  const readOnly = prepareFolder(paths);
  const log = new Log(paths.log);
  if (!lock) {
    log.info(`another engine is already running; process ${process.pid} leaves`);
    return 0;
  }
  writeReal(path.join(paths.local, 'workspace.json'), JSON.stringify({ path: workspace }));
  for (const problem of [state.problem, readOnly]) if (problem) log.warn(problem);
  // Continuing in an unknown state is worse than ending: runs continue, and the next client starts a fresh engine.
  const crash = (error: unknown): void => {
    log.error(
      `unexpected error: engine ${process.pid} ends; runs go on, and the next client starts another one`,
      error,
    );
    process.exit(EXIT_UNEXPECTED);
  };
  process.on('uncaughtException', crash);
  process.on('unhandledRejection', crash);

  let engine: Engine;
  try {
    engine = new Engine({
      paths,
      lock,
      log,
      version: process.env.TUNESMITH_VERSION ?? '0.0.0',
      distFolder: __dirname,
      idleMs: idleSeconds() * 1000,
      problem: state.problem,
      readOnly,
    });
    await engine.start();
  } catch (error) {
    log.error('the engine could not start', error);
    return isDiskFull(error) ? EXIT_DISK_FULL : 1;
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void engine.leave(`It got ${signal}.`));
  // A closing terminal ends its processes, but this one belongs to the folder.
  process.on('SIGHUP', () => undefined);
  await engine.ended;
  return 0;
}

/** Finds the folder of this host: the first that no engine of another host has. Without a lock another one of ours has it. */
function lockFolder(workspace: string, first: string): { paths: WorkspacePaths; lock: EngineLock | null } {
  for (const folder of hostFolders(first)) {
    fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
    const paths = workspacePaths(workspace, folder);
    const lock = EngineLock.acquire(paths.lock);
    if (lock) {
      // Until our address is written, clients must not mistake an earlier engine's address for that of the lock's
      // holder.
      removeStaleSocket(paths.address);
      fs.rmSync(paths.address, { force: true });
      return { paths, lock };
    }
    if (isHere(hostOf(paths.address))) return { paths, lock: null };
  }
  throw new Error(`${hostFolders(first).length} hosts work in ${workspace} with this home already`);
}

/**
 * Creates missing folders in the workspace. Returns why that is impossible if the folder is read-only, in one sentence,
 * else null. Throws if the folder can't even be read.
 */
function prepareFolder(paths: WorkspacePaths): string | null {
  try {
    makeFolderReal(paths.runs);
    if (!statReal(paths.gitignore)) writeReal(paths.gitignore, '*\n');
  } catch (error) {
    const closed = [paths.folder, paths.runs].map(whyClosed).find(Boolean);
    if (closed) throw new Error(closed, { cause: error });
    if (!isForbidden(error)) throw error;
  }
  return (
    [paths.workspace, paths.folder, paths.runs]
      .filter((folder) => statReal(folder))
      .map(whyReadOnly)
      .at(-1) ?? null
  );
}

function idleSeconds(): number {
  const seconds = Number(process.env[IDLE_VARIABLE]);
  return process.env[IDLE_VARIABLE] && seconds > 0 ? seconds : IDLE_SECONDS;
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${path.basename(__filename)}: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(isDiskFull(error) ? EXIT_DISK_FULL : 1);
  },
);
