/**
 * Looks at everything Tunesmith keeps for a workspace, without an engine and without changing anything. What can be mended
 * carries its own repair.
 */
import * as fs from 'node:fs';
import { EngineLock } from '../disk/lock.js';
import { LocalStateError, prepareLocal } from '../disk/localState.js';
import { workspacePaths, type WorkspacePaths } from '../disk/paths.js';
import { checkFolders } from './folders.js';
import { fine, problem, type Finding } from './finding.js';
import { checkIndex } from './store.js';
import { readReal, STATE_LIMIT } from '../../files/real.js';
import { l10n } from '../../format/l10n.js';

export type { Finding } from './finding.js';

/** `workspace`: its real path. */
export function examine(workspace: string): Finding[] {
  let paths: WorkspacePaths;
  const findings: Finding[] = [];
  try {
    const { folder, problem: why } = prepareLocal(workspace);
    paths = workspacePaths(workspace, folder);
    findings.push(
      why ? problem('home', `${why}.`) : fine('home', l10n.t('State of this workspace is in {0}.', folder)),
    );
  } catch (error) {
    if (!(error instanceof LocalStateError)) throw error;
    return [problem('home', error.message)];
  }
  const isHeld = engineHolds(paths.lock);
  findings.push(engineFinding(paths, isHeld));
  findings.push(...checkIndex(paths, isHeld));
  findings.push(...checkFolders(paths));
  return findings;
}

function engineHolds(file: string): boolean {
  const lock = EngineLock.acquire(file);
  lock?.release();
  return lock === null;
}

function engineFinding({ address, lock }: WorkspacePaths, isHeld: boolean): Finding {
  const known = readPid(address);
  if (isHeld)
    return fine(
      'engine',
      known === null
        ? l10n.t('An engine is running; it holds {0}.', lock)
        : l10n.t('An engine is running (process {0}); it holds {1}.', known, lock),
    );
  if (known === null) return fine('engine', l10n.t('No engine is running.'));
  return problem(
    'engine',
    l10n.t('The engine that {0} names (process {1}) is gone: it was killed.', address, known),
    l10n.t('The address is removed.'),
    () => fs.rmSync(address, { force: true }),
  );
}

function readPid(file: string): number | null {
  try {
    const { pid } = JSON.parse(readReal(file, STATE_LIMIT)) as { pid?: unknown };
    return typeof pid === 'number' ? pid : null;
  } catch {
    return null;
  }
}
