/** Run folders on disk: making one, reading one back, taking in those the store doesn't know. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Experiment } from '../../experiment/index.js';
import { wholeCheckpoints } from '../../client/checkpoints.js';
import { RUN_FILES, RunSpec } from '../../protocol/runFolder.js';
import type { z } from 'zod';
import type { FinishRecord } from '../../protocol/journal.js';
import type { StoreApi } from '../../store/api.js';
import { readLastWords, readSupervisorRecords } from './endingRecords.js';
import { appendLine } from '../disk/appendLine.js';
import { writeFileAtomic } from '../disk/files.js';
import { hostName } from '../machine/hostFacts.js';
import type { Log } from '../disk/log.js';
import type { FinalStatus } from './outcome.js';
import { readAddress } from './supervisorLink.js';

/** Another run's checkpoint while it is copied. */
const TAKEN = '.taken-';
const ATTEMPTS = 3;
const FULL = ['ENOSPC', 'EDQUOT'];

export class RunFolders {
  /** Copies that are being made now. */
  private readonly taking = new Set<string>();
  private takes = 0;

  constructor(private readonly runs: string) {}

  path(id: string): string {
    return path.join(this.runs, id);
  }

  /** Makes the folder; run.json comes last, so a folder with one is whole. Throws when the disk is full. */
  create(spec: RunSpec, experiment: Experiment | null): string {
    const folder = this.path(spec.id);
    fs.mkdirSync(path.join(folder, RUN_FILES.journal), { recursive: true });
    try {
      if (experiment) writeFileAtomic(path.join(folder, RUN_FILES.experiment), JSON.stringify(experiment));
      writeFileAtomic(path.join(folder, RUN_FILES.spec), JSON.stringify(spec));
    } catch (error) {
      fs.rmSync(folder, { recursive: true, force: true });
      throw error;
    }
    return folder;
  }

  /** Lays a new launch over run.json; the folder keeps all that earlier ones wrote. Throws when the disk is full. */
  rewrite(spec: RunSpec): void {
    writeFileAtomic(path.join(this.path(spec.id), RUN_FILES.spec), JSON.stringify(spec));
  }

  /** The newest checkpoint of a run, or null. */
  checkpoint(id: string): string | null {
    return wholeCheckpoints(path.join(this.path(id), RUN_FILES.checkpoints))[0] ?? null;
  }

  /**
   * Puts a copy of another run's newest checkpoint in place of the run's own ones. Null, and the own ones are as they
   * were, when the other has none that can be copied, or when it is no longer `wanted`. Throws when the disk is full.
   * Copying takes its time without holding up anything else.
   */
  async takeCheckpoint(id: string, from: string, wanted = (): boolean => true): Promise<string | null> {
    const own = path.join(this.path(id), RUN_FILES.checkpoints);
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const source = this.checkpoint(from);
      if (!source) return null;
      try {
        return await this.takeInto(own, source, wanted);
      } catch (error) {
        // Its run may have replaced it with a newer one meanwhile.
        if (FULL.includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
      }
      if (!wanted()) return null;
    }
    return null;
  }

  private async takeInto(own: string, source: string, wanted: () => boolean): Promise<string | null> {
    const { cp, mkdir, rename, rm } = fs.promises;
    await mkdir(own, { recursive: true });
    // Left by an engine that was killed; not what is being copied for a launch that was given up just now.
    for (const name of fs.readdirSync(own)) {
      const left = path.join(own, name);
      if (name.startsWith(TAKEN) && !this.taking.has(left)) await rm(left, { recursive: true, force: true });
    }
    const temporary = path.join(own, `${TAKEN}${++this.takes}-${path.basename(source)}`);
    this.taking.add(temporary);
    try {
      // Shares the blocks where the file system can.
      await cp(source, temporary, { recursive: true, mode: fs.constants.COPYFILE_FICLONE });
      if (!wanted()) return null;
      const target = path.join(own, path.basename(source));
      await rm(target, { recursive: true, force: true });
      await rename(temporary, target);
      for (const old of wholeCheckpoints(own)) if (old !== target) await rm(old, { recursive: true, force: true });
      return target;
    } finally {
      this.taking.delete(temporary);
      await rm(temporary, { recursive: true, force: true });
    }
  }

  /** Null when there is no readable run.json. */
  spec(id: string): RunSpec | null {
    try {
      return RunSpec.parse(JSON.parse(fs.readFileSync(path.join(this.path(id), RUN_FILES.spec), 'utf8')));
    } catch {
      return null;
    }
  }

  /** The experiment as it was when the run was made; null for a run that came from none. */
  experiment(id: string): Experiment | null {
    try {
      return JSON.parse(fs.readFileSync(path.join(this.path(id), RUN_FILES.experiment), 'utf8')) as Experiment;
    } catch {
      return null;
    }
  }

  /** Bytes the run has printed; null when there are none. */
  logSize(id: string): number | null {
    try {
      return fs.statSync(path.join(this.path(id), RUN_FILES.output)).size;
    } catch {
      return null;
    }
  }

  /** Removes a folder that was just made. */
  discard(id: string): void {
    fs.rmSync(this.path(id), { recursive: true, force: true });
  }

  async remove(id: string): Promise<void> {
    await fs.promises.rm(this.path(id), { recursive: true, force: true, maxRetries: 3 });
  }

  /**
   * Takes into the store what only the disk has: the store was deleted, or the engine was killed between writing a
   * run's folder and its row. Returns how many. Such a run counts as queued until its journal says more.
   */
  importUnknown(store: StoreApi, log: Log): number {
    let names: string[] = [];
    try {
      names = fs.readdirSync(this.runs);
    } catch {
      return 0;
    }
    const known = new Set(store.runs.ids());
    let imported = 0;
    for (const id of names.sort()) {
      if (known.has(id) || id.startsWith('.')) continue;
      const spec = this.spec(id);
      if (!spec || spec.id !== id) {
        log.warn(`runs/${id} has no readable ${RUN_FILES.spec}; left alone`);
        continue;
      }
      // HandRuns takes those in: nothing is ever started for them.
      if (spec.origin?.by === 'program') continue;
      const { host = hostName(), git = null } = spec.origin ?? {};
      const name = spec.name ?? id;
      if (store.runs.import({ spec, name, status: 'queued', folder: this.path(id), host, git })) imported++;
    }
    if (imported > 0) log.info(`took in ${imported} run folders that the store did not know`);
    return imported;
  }

  /**
   * Writes down the end of a run for which nothing was ever started. Without it, a store that is built anew from the
   * folders would take the run for one that still waits.
   */
  writeEnd(id: string, status: FinalStatus, error: string | undefined): void {
    const record: z.input<typeof FinishRecord> = { type: 'finish', time: Date.now(), status, error };
    appendLine(path.join(this.path(id), RUN_FILES.journal, RUN_FILES.engineJournal), JSON.stringify(record));
  }

  /** True when something was started for the run (or its latest launch) already, so it must not be started again. */
  wasStarted(id: string, { launch }: Pick<RunSpec, 'launch'> = {}): boolean {
    const folder = this.path(id);
    if (launch) {
      const { spawn, exit } = readSupervisorRecords(folder, launch);
      const { finish, closed } = readLastWords(folder, launch);
      return Boolean(spawn ?? exit ?? finish ?? closed) || readAddress(folder)?.launch === launch.number;
    }
    if ([RUN_FILES.supervisor, RUN_FILES.output].some((name) => fs.existsSync(path.join(folder, name)))) return true;
    try {
      return fs.readdirSync(path.join(folder, RUN_FILES.journal)).length > 0;
    } catch {
      return false;
    }
  }
}
