/** Decides which runs and which of their journals are packed. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { l10n } from '../../../format/l10n.js';
import { listReal, statReal } from '../../../files/real.js';
import { LIVE_STATUSES, type Run } from '../../../protocol/engine/index.js';
import { RUN_FILES, type RunSpec } from '../../../protocol/run/runFolder.js';
import type { StoreApi } from '../../../store/api.js';
import { journalNames, journalSize } from '../../../store/journal/file.js';
import { PACKED } from '../../../store/journal/packed/container.js';
import { thisHost } from '../../machine/host.js';
import { readSupervisorRecords } from '../ends/endingRecords.js';
import type { RunFolders } from '../making/folders.js';
import { NotPackedError, packJournal, writeNotice, type PackedSizes } from './pack.js';

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
  const here = thisHost().name;
  if (spec.origin?.by === 'program') return spec.origin.host === here;
  const { spawn } = readSupervisorRecords(folders.path(spec.id), { number: spec.launch?.number ?? 1, at: -Infinity });
  return folders.isAsked(spec.id) === 'yes' && spawn?.host?.name === here;
}

/** Packs the journals of a run. Returns their sizes in all; `mayGoOn` is asked before anything is removed. */
export async function packRun(folders: RunFolders, id: string, mayGoOn: () => boolean): Promise<PackedSizes> {
  const folder = path.join(folders.path(id), RUN_FILES.journal);
  const isByHand = folders.spec(id)?.origin?.by === 'program';
  const sizes = { before: 0, after: 0 };
  for (const name of journalNames(folder)) {
    const file = path.join(folder, name);
    const size = statReal(file)?.size ?? 0;
    if (NEVER.includes(name) || size < LEAST_BYTES || (isByHand && !OF_ONE_PROCESS.test(name))) continue;
    writeNotice(path.join(folder, RUN_FILES.packedNotice));
    try {
      const one = await packJournal(file, mayGoOn);
      sizes.before += one.before;
      sizes.after += one.after;
    } catch (error) {
      if (!(error instanceof NotPackedError)) throw error;
    }
  }
  // Nothing was packed after all.
  const isPacked = listReal(folder).some(({ name }) => name.endsWith(PACKED));
  if (!isPacked) fs.rmSync(path.join(folder, RUN_FILES.packedNotice), { force: true });
  return sizes;
}
