/** The folders: what does not belong there, what others may read, and what workspaces that are gone have left behind. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { listReal, statReal } from '../../files/real.js';
import { ID_PATTERN, RUN_FILES } from '../../protocol/run/runFiles.js';
import { EngineLock } from '../disk/lock.js';
import { isPrivateFolder } from '../disk/localState.js';
import type { WorkspacePaths } from '../disk/paths.js';
import { fine, note, problem, type Finding } from './finding.js';
import { readReal, STATE_LIMIT } from '../../files/real.js';
import { l10n } from '../../format/l10n.js';

/** Names of earlier versions' files: nothing reads them any more. */
const EARLIER = ['engine.json', 'engine.lock', 'engine.log', 'store.db', 'store.db-wal', 'store.db-shm'];

export function checkFolders(paths: WorkspacePaths): Finding[] {
  return [...checkData(paths), permissions(paths), leftovers(paths)];
}

function checkData({ folder, runs }: WorkspacePaths): Finding[] {
  if (!statReal(folder)) return [note('folders', l10n.t('There is no {0}: nothing was run here yet.', folder))];
  let entries: fs.Dirent[];
  try {
    entries = statReal(runs) ? listReal(runs) : [];
  } catch (error) {
    return [problem('folders', (error as Error).message)];
  }
  const odd = entries.filter(({ name }) => !name.startsWith('.')).filter((entry) => !isRun(runs, entry));
  const findings: Finding[] = [];
  const quoted = odd.slice(0, 5).map(({ name }) => JSON.stringify(name));
  findings.push(
    odd.length === 0
      ? fine('folders', l10n.t('{0} entries in {1}, all of them runs.', entries.length, runs))
      : note(
          'folders',
          l10n.t('{0} entries in {1} are not runs and are left alone: {2}.', odd.length, runs, quoted.join(', ')),
        ),
  );
  const earlier = EARLIER.filter((name) => statReal(path.join(folder, name)));
  if (earlier.length > 0)
    findings.push(note('folders', l10n.t('{0} holds files that are no longer used: {1}.', folder, earlier.join(', '))));
  return findings;
}

function isRun(runs: string, entry: fs.Dirent): boolean {
  return (
    entry.isDirectory() && ID_PATTERN.test(entry.name) && statReal(path.join(runs, entry.name, RUN_FILES.spec)) !== null
  );
}

/** Only our own files: the modes of a colleague's folder are the colleague's business. */
function permissions({ folder, local }: WorkspacePaths): Finding {
  if (process.platform === 'win32')
    return fine('permissions', l10n.t('Windows keeps the folders of a user to that user.'));
  const open = [folder, local].flatMap((each) => [...openToOthers(each)]);
  if (open.length === 0) return fine('permissions', l10n.t('Nobody else can read your files.'));
  const text = l10n.t(
    '{0} files and folders of yours can be read or written by others, such as {1}.',
    open.length,
    JSON.stringify(open[0]),
  );
  return problem('permissions', text, l10n.t('Access is restricted to you.'), () => {
    for (const file of open) {
      const stat = fs.lstatSync(file);
      if (!stat.isSymbolicLink()) fs.chmodSync(file, stat.mode & 0o700);
    }
  });
}

function* openToOthers(file: string): Generator<string> {
  const stat = fs.lstatSync(file, { throwIfNoEntry: false });
  if (!stat || stat.isSymbolicLink() || stat.uid !== process.getuid!()) return;
  // Nobody else gets through a closed folder, whatever the modes of its contents.
  if (!(stat.mode & 0o077)) return;
  yield file;
  if (!stat.isDirectory()) return;
  for (const name of readNames(file)) yield* openToOthers(path.join(file, name));
}

function readNames(folder: string): string[] {
  try {
    return fs.readdirSync(folder);
  } catch {
    return [];
  }
}

/** Local state of workspaces that no longer exist. An unplugged disk looks the same, so it is only reported. */
function leftovers({ local }: WorkspacePaths): Finding {
  const all = path.dirname(local);
  const gone: { folder: string; workspace: string }[] = [];
  for (const name of readNames(all)) {
    const folder = path.join(all, name);
    const workspace = /^[0-9a-f]{64}$/.test(name) && folder !== local ? workspaceOf(folder) : null;
    if (workspace !== null && !fs.existsSync(workspace)) gone.push({ folder, workspace });
  }
  if (gone.length === 0) return fine('leftovers', l10n.t('No state of deleted workspaces is left.'));
  const text = l10n.t(
    '{0} workspaces are gone or not mounted, such as {1}; their indexes are still in {2}.',
    gone.length,
    JSON.stringify(gone[0]!.workspace),
    all,
  );
  return problem(
    'leftovers',
    text,
    l10n.t('The indexes are removed; they are built again if a workspace comes back.'),
    () => {
      for (const { folder } of gone) remove(folder);
    },
  );
}

function workspaceOf(folder: string): string | null {
  try {
    const { path: workspace } = JSON.parse(readReal(path.join(folder, 'workspace.json'), STATE_LIMIT)) as {
      path?: unknown;
    };
    return typeof workspace === 'string' && path.isAbsolute(workspace) ? workspace : null;
  } catch {
    return null;
  }
}

function remove(folder: string): void {
  if (!isPrivateFolder(folder)) return;
  const lock = EngineLock.acquire(path.join(folder, 'engine.lock'));
  if (!lock) return;
  lock.release();
  fs.rmSync(folder, { recursive: true, force: true });
}
