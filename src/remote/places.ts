/**
 * Folders on this host: one for each workspace whose runs come here, and in it a copy of the code for each of its states. A run's
 * folder is in the `.tunesmith` of the copy that its last launch used.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { randomBytes } from 'node:crypto';
import { stepOf, wholeCheckpoints } from '../client/checkpoints/index.js';
import { damageOf } from '../client/checkpoints/manifest.js';
import { makeFolderReal } from '../files/real.js';
import { RUN_FILES } from '../protocol/run/runFiles.js';

const INCOMING = '.incoming-';
/** A copy or a transfer that nobody has used for so long is removed. */
const OLD_MS = 24 * 3600 * 1000;
/** A copy that was used so lately may be the one of a run that is being sent. */
export const RECENT_MS = 10 * 60_000;
const isCopyName = (name: string): boolean => /^[0-9a-f]{12,64}$/.test(name);

export class Places {
  constructor(private readonly base: string) {}

  copy(place: string, copy: string): string {
    return path.join(this.base, place, copy);
  }

  /**
   * Answers where a copy is, or where it is to be put. `failed`: folder of a transfer that was cut off; one of the same copy is
   * continued. Without that, a disk that is full would get fuller with every attempt.
   */
  prepare(
    place: string,
    copy: string,
    failed?: string,
  ): { there: string | null; incoming: string; earlier: string | null } {
    const folder = path.join(this.base, place);
    fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
    const there = this.copy(place, copy);
    const isThere = fs.existsSync(there);
    if (failed !== undefined && this.isTransfer(place, failed) && fs.existsSync(failed)) {
      const isSame = path.basename(failed).startsWith(`${INCOMING}${copy.slice(0, 12)}-`);
      if (isSame && !isThere) return { there: null, incoming: failed, earlier: this.copies(place)[0] ?? null };
      fs.rmSync(failed, { recursive: true, force: true });
    }
    if (isThere) {
      fs.utimesSync(there, new Date(), new Date());
      return { there, incoming: '', earlier: null };
    }
    const incoming = path.join(folder, `${INCOMING}${copy.slice(0, 12)}-${randomBytes(4).toString('hex')}`);
    fs.mkdirSync(incoming, { mode: 0o700 });
    return { there: null, incoming, earlier: this.copies(place)[0] ?? null };
  }

  /** Gives a complete copy its name. */
  keep(place: string, copy: string, incoming: string): void {
    if (!this.isTransfer(place, incoming)) throw new Error(`${incoming} is not the folder of a transfer`);
    const target = this.copy(place, copy);
    fs.utimesSync(incoming, new Date(), new Date());
    if (fs.existsSync(target)) fs.rmSync(incoming, { recursive: true, force: true });
    else fs.renameSync(incoming, target);
    this.tidy(place, copy);
  }

  private isTransfer(place: string, folder: string): boolean {
    return path.dirname(folder) === path.join(this.base, place) && path.basename(folder).startsWith(INCOMING);
  }

  /** Folder of a run; null if this host has none. */
  find(place: string, run: string): string | null {
    for (const copy of this.copies(place)) {
      const folder = this.runFolder(place, copy, run);
      if (fs.existsSync(folder)) return folder;
    }
    return null;
  }

  /** Brings the run's folder into the copy, or makes it there. Throws if there is no such copy. */
  settle(place: string, copy: string, run: string): string {
    if (!fs.existsSync(this.copy(place, copy)))
      throw new Error('The copy of the code is no longer on this host. Start the run again.');
    const target = this.runFolder(place, copy, run);
    makeFolderReal(path.dirname(target));
    const found = this.find(place, run);
    if (found !== null && found !== target) fs.renameSync(found, target);
    makeFolderReal(path.join(target, RUN_FILES.journal));
    return target;
  }

  /** Puts a copy of another run's newest whole checkpoint in place of the own ones; null: there is none. */
  async takeCheckpoint(own: string, from: string, atMost: number | null): Promise<string | null> {
    const checkpoints = path.join(own, RUN_FILES.checkpoints);
    for (const source of wholeCheckpoints(path.join(from, RUN_FILES.checkpoints))) {
      const step = stepOf(source);
      if (atMost !== null && (step === null || step > atMost)) continue;
      makeFolderReal(checkpoints);
      const temporary = path.join(checkpoints, `.taken-${randomBytes(4).toString('hex')}`);
      try {
        await fs.promises.cp(source, temporary, { recursive: true, mode: fs.constants.COPYFILE_FICLONE });
        if ((await damageOf(temporary)) !== null) continue;
        const target = path.join(checkpoints, path.basename(source));
        for (const old of wholeCheckpoints(checkpoints)) fs.rmSync(old, { recursive: true, force: true });
        fs.renameSync(temporary, target);
        return target;
      } catch (error) {
        // Its run may have replaced it with a newer one meanwhile.
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      } finally {
        fs.rmSync(temporary, { recursive: true, force: true });
      }
    }
    return null;
  }

  /** Removes a run's folder, and the workspace's if there is no other run and nothing of it was used for so many milliseconds. */
  forget(place: string, run: string, unusedMs: number): void {
    const found = this.find(place, run);
    if (found !== null) fs.rmSync(found, { recursive: true, force: true });
    const folder = path.join(this.base, place);
    if (!fs.existsSync(folder)) return;
    // A run that is being sent has a transfer, or has just been told that its copy is there.
    this.tidy(place, null, unusedMs);
    if (fs.readdirSync(folder).some((name) => name.startsWith(INCOMING) || isCopyName(name))) return;
    fs.rmSync(folder, { recursive: true, force: true });
  }

  /** Names of the copies, the latest used first. */
  private copies(place: string): string[] {
    try {
      return fs
        .readdirSync(path.join(this.base, place))
        .filter(isCopyName)
        .flatMap((name) => {
          const stat = fs.statSync(this.copy(place, name), { throwIfNoEntry: false });
          return stat ? [{ name, time: stat.mtimeMs }] : [];
        })
        .sort((a, b) => b.time - a.time)
        .map(({ name }) => name);
    } catch {
      return [];
    }
  }

  private runFolder(place: string, copy: string, run: string): string {
    return path.join(this.copy(place, copy), '.tunesmith', 'runs', run);
  }

  /** Removes copies without runs and transfers that were cut off, once they are old. */
  private tidy(place: string, but: string | null, unused = OLD_MS): void {
    const folder = path.join(this.base, place);
    for (const name of fs.readdirSync(folder)) {
      const one = path.join(folder, name);
      const stat = fs.statSync(one, { throwIfNoEntry: false });
      if (name === but || !stat) continue;
      const age = Date.now() - stat.mtimeMs;
      const isUnused = isCopyName(name) && age >= unused && !hasRuns(one);
      if (isUnused || (name.startsWith(INCOMING) && age >= OLD_MS)) fs.rmSync(one, { recursive: true, force: true });
    }
  }
}

function hasRuns(copy: string): boolean {
  try {
    return fs.readdirSync(path.join(copy, '.tunesmith', 'runs')).length > 0;
  } catch {
    return false;
  }
}
