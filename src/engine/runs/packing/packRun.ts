/** Decides which runs and which of their journals are packed. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { l10n } from '../../../format/l10n.js';
import { statReal } from '../../../files/real.js';
import { LIVE_STATUSES, type Run } from '../../../protocol/engine/index.js';
import { launchNumber } from '../../../protocol/run/runFiles.js';
import { RUN_FILES, type RunSpec } from '../../../protocol/run/runFolder.js';
import type { StoreApi } from '../../../store/api.js';
import { journalNames, journalSize } from '../../../store/journal/file.js';
import { isHere, thisHost } from '../../machine/host.js';
import { readSupervisorRecords } from '../ends/endingRecords.js';
import type { RunFolders } from '../making/folders.js';
import type { PackingOptions } from './both.js';
import { NotPackedError, removeParts, type Waits } from './files.js';
import { packJournal, writeNotice, type PackedSizes } from './pack.js';
import { packedIn } from './unpack.js';

/** A smaller file takes the same block of the disk. */
const LEAST_BYTES = 4096;
/** Journals that are appended to after the end, and those whose few records say how a run ended. */
const NEVER: readonly string[] = [
  RUN_FILES.supervisorJournal,
  RUN_FILES.engineJournal,
  'examined.ndjson',
  'acts.ndjson',
];
/** A program that a person starts again takes a new name of this kind, and appends to all others. */
const OF_ONE_PROCESS = /^rank\d+-\d+(-\d+)?\.ndjson$/;

interface Parts {
  store: StoreApi;
  folders: RunFolders;
}

/** Returns why the journals of a run stay as they are for now or for ever; null if they may be packed. */
export function whyNot({ store, folders }: Parts, run: Run, before: number): { why: string; forEver: boolean } | null {
  if (LIVE_STATUSES.includes(run.status)) return { why: l10n.t('It has not ended.'), forEver: false };
  if (run.error?.kind === 'lost' || run.error?.kind === 'not-started')
    return { why: l10n.t('Its end was assumed, so it may still be running.'), forEver: false };
  if ((run.endedAt ?? run.createdAt) > before) return { why: l10n.t('It has just ended.'), forEver: false };
  const spec = folders.spec(run.id);
  if (!spec || !isOurs(folders, spec)) return { why: l10n.t('It was not started here by you.'), forEver: true };
  const folder = path.join(folders.path(run.id), RUN_FILES.journal);
  for (const file of journalNames(folder)) {
    const stat = statReal(path.join(folder, file));
    if (stat && stat.mtimeMs > before) return { why: l10n.t('It was written to after its end.'), forEver: false };
    if (stat && process.getuid && stat.uid !== process.getuid())
      return { why: l10n.t('It belongs to another user.'), forEver: true };
    if (journalSize(path.join(folder, file)) !== store.ingest.expectedOffset(run.id, file) && stat)
      return { why: l10n.t('Its records are not all in the index yet.'), forEver: false };
  }
  return null;
}

/** Returns whether this person has started the run on this host, so that its files are ours to change. */
function isOurs(folders: RunFolders, spec: RunSpec): boolean {
  const here = thisHost();
  if (spec.origin?.by === 'program') return spec.origin.host === here.name;
  const { spawn } = readSupervisorRecords(folders.path(spec.id), { number: launchNumber(spec), at: -Infinity });
  const host = spawn?.host;
  if (!host || folders.isAsked(spec.id) !== 'yes') return false;
  // After another start of this machine no process of the run is left. Two containers of one start may have the same name.
  return isHere(host, here) || (host.name === here.name && host.bootId !== here.bootId);
}

export interface RunSizes extends PackedSizes {
  /** Why a journal stayed as it is for now; null if all are packed that can be. */
  left: string | null;
}

/** Packs the journals of a run. Returns their sizes in all. Throws the system's error; the other journals stay as they are then. */
export async function packRun(
  folders: RunFolders,
  id: string,
  options: PackingOptions,
  waits: Waits,
): Promise<RunSizes> {
  const folder = path.join(folders.path(id), RUN_FILES.journal);
  const isByHand = folders.spec(id)?.origin?.by === 'program';
  const sizes: RunSizes = { before: 0, after: 0, left: null };
  removeParts(folder);
  try {
    for (const name of journalNames(folder)) {
      const file = path.join(folder, name);
      const size = statReal(file)?.size ?? 0;
      if (NEVER.includes(name) || size < LEAST_BYTES || (isByHand && !OF_ONE_PROCESS.test(name))) continue;
      writeNotice(path.join(folder, RUN_FILES.packedNotice));
      try {
        const one = await packJournal(file, options, waits);
        sizes.before += one.before;
        sizes.after += one.after;
      } catch (error) {
        if (!(error instanceof NotPackedError)) throw error;
        if (!error.forEver) sizes.left = error.message;
      }
    }
  } finally {
    // Nothing may be packed after all.
    if (packedIn(folder).length === 0) fs.rmSync(path.join(folder, RUN_FILES.packedNotice), { force: true });
  }
  return sizes;
}
