/** Creates and reads run folders. Their contents are data; only `asked` decides what may be started. */
import { inEnglish } from '../../../format/said.js';
import type { Said } from '../../../protocol/said.js';
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Experiment } from '../../../experiment/index.js';
import { stepOf, wholeCheckpoints } from '../../../client/checkpoints/index.js';
import { damageOf } from '../../../client/checkpoints/manifest.js';
import { forJson } from '../../../protocol/values/floats.js';
import type { RunError } from '../../../protocol/engine/index.js';
import { ID_PATTERN, RemoteCheckpoints, RUN_FILES, RunMeta, RunSpec } from '../../../protocol/run/runFolder.js';
import { REMOTE_CHECKPOINTS } from '../../../protocol/run/runFiles.js';
import type { z } from 'zod';
import type { FinishRecord, MessageRecord } from '../../../protocol/run/journal.js';
import {
  checkFolder,
  listReal,
  makeFolderReal,
  readReal,
  removeReal,
  sizeReal,
  STATE_LIMIT,
  statReal,
  writeReal,
} from '../../../files/real.js';
import { fromRecord, toRecord } from '../../../files/runPaths.js';
import { RenamedFiles } from '../../renames/renamedFiles.js';
import { hashOf, type Answer, type Asked } from '../../disk/asked.js';
import { readLastWords, readSupervisorRecords } from '../ends/endingRecords.js';
import { appendLine } from '../../disk/appendLine.js';
import type { FinalStatus } from '../ends/outcome.js';
import { noteOf, type Aside } from '../packing/both.js';
import { atOnce } from '../packing/files.js';
import { unpackRun } from '../packing/unpack.js';
import { readAddress } from '../life/supervisorLink.js';

/** Another run's checkpoint, while it is being copied. */
const TAKEN = '.taken-';
const ATTEMPTS = 3;
const FULL = ['ENOSPC', 'EDQUOT'];

interface TakeOptions {
  wanted?: () => boolean;
  onDamage?: (name: string, why: string) => void;
  /** Only checkpoints saved at or before this step; null: any. */
  atMost?: number | null;
}

/** Called when a checkpoint does not match its manifest. */
class DamagedError extends Error {}

export class RunFolders {
  /** Copies in progress. */
  private readonly taking = new Set<string>();
  private takes = 0;

  private readonly workspace: string;

  constructor(
    /** `<workspace>/.tunesmith/runs` */
    readonly runs: string,
    private readonly asked: Pick<Asked, 'add' | 'check' | 'forget'>,
    private readonly renamed = new RenamedFiles(path.resolve(runs, '../..')),
  ) {
    this.workspace = path.resolve(runs, '../..');
  }

  /** Throws for an invalid id, because a row or a record could otherwise name any folder. */
  path(id: string): string {
    if (!ID_PATTERN.test(id)) throw new Error(`${JSON.stringify(id)} is not the id of a run`);
    return path.join(this.runs, id);
  }

  /** Returns the ids of the existing folders. Throws when they can't be read. */
  ids(): string[] {
    return listOrNothing(this.runs)
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
      .map(({ name }) => name);
  }

  /** Returns whether this person has requested the run with the content that its folder has now. */
  isAsked(id: string): Answer {
    return this.asked.check('run', id, this.specText(id));
  }

  /**
   * Returns the SHA-256 that run.json must have for its supervisor to start anything, or null if nobody has requested
   * the run.
   */
  askedHash(id: string): string | null {
    const text = this.specText(id);
    return text !== null && this.asked.check('run', id, text) === 'yes' ? hashOf(text) : null;
  }

  /**
   * Creates the folder. run.json is written last, so a folder that has one is complete. Throws when the disk is full.
   */
  create(spec: RunSpec, experiment: Experiment | null, files: Record<string, string> = {}): string {
    const folder = this.path(spec.id);
    const text = this.toText(spec);
    makeFolderReal(path.join(folder, RUN_FILES.journal));
    try {
      this.asked.add('run', spec.id, text);
      if (experiment) writeReal(path.join(folder, RUN_FILES.experiment), this.experimentText(experiment));
      // A program may start in a separate folder.
      if (spec.cwd.startsWith(folder + path.sep)) makeFolderReal(spec.cwd);
      for (const [name, content] of Object.entries(files)) {
        const file = path.join(folder, name);
        makeFolderReal(path.dirname(file));
        writeReal(file, content);
      }
      writeReal(path.join(folder, RUN_FILES.spec), text);
    } catch (error) {
      this.discard(spec.id);
      throw error;
    }
    return folder;
  }

  /**
   * Replaces run.json for a new launch; the folder keeps everything that earlier launches wrote. Throws when the disk
   * is full.
   */
  rewrite(spec: RunSpec): void {
    const text = this.toText(spec);
    this.asked.add('run', spec.id, text);
    // The programs of a new launch append to plain journals.
    const onAside = (aside: Aside): void => this.noteMessage(spec.id, noteOf(aside));
    atOnce(unpackRun(this.path(spec.id), { mayChange: () => true, onAside }));
    writeReal(path.join(this.path(spec.id), RUN_FILES.spec), text);
  }

  /** Returns the newest checkpoint of a run, or null. */
  checkpoint(id: string): string | null {
    return this.checkpoints(id)[0] ?? null;
  }

  /** Returns whether a new launch would continue the work of earlier ones. */
  isResumable(id: string): boolean {
    return this.checkpoint(id) !== null || this.searchedAt(id) !== null;
  }

  /**
   * Returns when the trainer last saved a part of a search for the layers that it trains, which comes before the first checkpoint,
   * in milliseconds since the epoch; null: never.
   */
  searchedAt(id: string): number | null {
    const times = [RUN_FILES.architecture, RUN_FILES.architectureState].flatMap(
      (name) => statReal(path.join(this.path(id), name))?.mtimeMs ?? [],
    );
    return times.length > 0 ? Math.max(...times) : null;
  }

  /** Returns the newest checkpoint that a run saved at or before this step (null: at any step), or null. */
  savedAt(id: string, atMost: number | null): string | null {
    return this.checkpoints(id).find((folder) => isAtMost(folder, atMost)) ?? null;
  }

  /** Returns the steps at which a run's checkpoints were saved, in ascending order. */
  savedSteps(id: string): number[] {
    const steps = this.checkpoints(id).map(stepOf);
    return steps.filter((step) => step !== null).sort((a, b) => a - b);
  }

  private checkpoints(id: string): string[] {
    const folder = path.join(this.path(id), RUN_FILES.checkpoints);
    const remote = this.remoteCheckpoints(id);
    if (remote) return remote.names.map((name) => path.join(folder, name));
    return statReal(folder)?.isDirectory() ? wholeCheckpoints(folder) : [];
  }

  /** Checkpoints of a run that are on an SSH host; null: its checkpoints are here. */
  remoteCheckpoints(id: string): { folder: string; names: string[] } | null {
    const file = path.join(this.path(id), REMOTE_CHECKPOINTS);
    if (sizeReal(file) === null) return null;
    try {
      return RemoteCheckpoints.parse(JSON.parse(readReal(file, STATE_LIMIT)));
    } catch {
      return null;
    }
  }

  /**
   * Puts a copy of another run's newest checkpoint in place of the run's own ones. Null, and the own ones are as they
   * were, when the other has none that can be copied, or when it is no longer `wanted`. Throws when the disk is full.
   * Copying takes its time without holding up anything else. One that turns out to be damaged is left out, which
   * `onDamage` hears, and the one before it is taken.
   */
  async takeCheckpoint(
    id: string,
    from: string,
    { wanted = () => true, onDamage = () => undefined, atMost = null }: TakeOptions = {},
  ): Promise<string | null> {
    const own = path.join(this.path(id), RUN_FILES.checkpoints);
    const damaged = new Set<string>();
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const source = this.checkpoints(from).find((folder) => !damaged.has(folder) && isAtMost(folder, atMost));
      if (!source) return null;
      try {
        return await this.takeInto(own, source, wanted);
      } catch (error) {
        if (error instanceof DamagedError) {
          damaged.add(source);
          onDamage(path.basename(source), error.message);
          attempt--;
        }
        // The run may have replaced it with a newer one meanwhile.
        if (FULL.includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
      }
      if (!wanted()) return null;
    }
    return null;
  }

  private async takeInto(own: string, source: string, wanted: () => boolean): Promise<string | null> {
    const { cp, rename, rm } = fs.promises;
    makeFolderReal(own);
    // Removes copies of a killed engine, but keeps the copy of a launch that was just given up.
    for (const name of fs.readdirSync(own)) {
      const left = path.join(own, name);
      if (name.startsWith(TAKEN) && !this.taking.has(left)) await rm(left, { recursive: true, force: true });
    }
    const temporary = path.join(own, `${TAKEN}${++this.takes}-${path.basename(source)}`);
    this.taking.add(temporary);
    try {
      // Shares the blocks if the file system can.
      await cp(source, temporary, { recursive: true, mode: fs.constants.COPYFILE_FICLONE });
      if (!wanted()) return null;
      const why = await damageOf(temporary);
      if (why !== null) throw new DamagedError(why);
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

  /** Returns null if there is no readable run.json. */
  spec(id: string): RunSpec | null {
    try {
      return this.fromText(this.specText(id) ?? '');
    } catch {
      return null;
    }
  }

  /** Returns the experiment as it was when the run was created; null for a run without one. */
  experiment(id: string): Experiment | null {
    try {
      const experiment = JSON.parse(
        readReal(path.join(this.path(id), RUN_FILES.experiment), STATE_LIMIT),
      ) as Experiment;
      const file = fromRecord(this.workspace, experiment.file);
      return { ...experiment, file: this.spec(id)?.file ?? file };
    } catch {
      return null;
    }
  }

  /** Returns the size of the run's output in bytes; null if there is no output. */
  logSize(id: string): number | null {
    return sizeReal(path.join(this.path(id), RUN_FILES.output));
  }

  /** Removes a folder that was just created. */
  discard(id: string): void {
    const folder = this.path(id);
    checkFolder(path.dirname(folder));
    fs.rmSync(folder, { recursive: true, force: true });
    this.asked.forget('run', [id]);
  }

  /** Removes a run's folder, but not the targets of links in it. */
  async remove(id: string): Promise<void> {
    const folder = this.path(id);
    if (statReal(folder)) await removeReal(folder);
    this.asked.forget('run', [id]);
  }

  /** Returns the person's edits of the run; null if there are none. */
  meta(id: string): RunMeta | null {
    try {
      return RunMeta.parse(JSON.parse(readReal(path.join(this.path(id), RUN_FILES.meta), STATE_LIMIT)));
    } catch {
      return null;
    }
  }

  /** Writes the edits. Throws if that fails. A run whose folder is gone is skipped. */
  saveMeta(id: string, meta: Omit<RunMeta, 'version'>): void {
    const folder = this.path(id);
    if (!statReal(folder)) return;
    // Many runs may be tagged at once, and the index stores the tags, too, so nothing waits for the disk here.
    writeReal(path.join(folder, RUN_FILES.meta), JSON.stringify({ version: 1, ...meta }), { sync: false });
  }

  /** Returns the path that a run's experiment file had when it began, if that was renamed since; else null. */
  firstFile(id: string, now: string | null): string | null {
    if (now === null || this.renamed.all.length === 0) return null;
    try {
      const { file } = RunSpec.pick({ file: true }).parse(JSON.parse(this.specText(id) ?? ''));
      const first = file === null ? null : fromRecord(this.workspace, file);
      return first === now ? null : first;
    } catch {
      return null;
    }
  }

  private specText(id: string): string | null {
    try {
      return readReal(path.join(this.path(id), RUN_FILES.spec), STATE_LIMIT);
    } catch {
      return null;
    }
  }

  private toText(spec: RunSpec): string {
    const { launch } = spec;
    const relative = (file: string): string => toRecord(this.workspace, file);
    return JSON.stringify({
      ...spec,
      // Other programs and people must read floats as floats.
      params: forJson(spec.params, spec.floats),
      file: spec.file === null ? null : relative(spec.file),
      cwd: relative(spec.cwd),
      ...(launch && {
        launch: { ...launch, checkpoint: launch.checkpoint === null ? null : relative(launch.checkpoint) },
      }),
    });
  }

  private fromText(text: string): RunSpec {
    const spec = RunSpec.parse(JSON.parse(text));
    const { launch } = spec;
    const absolute = (file: string): string => fromRecord(this.workspace, file);
    const file = spec.file === null ? null : absolute(spec.file);
    return {
      ...spec,
      ...this.renamed.now({ ...spec, file }),
      cwd: absolute(spec.cwd),
      ...(launch && {
        launch: { ...launch, checkpoint: launch.checkpoint === null ? null : absolute(launch.checkpoint) },
      }),
    };
  }

  private experimentText(experiment: Experiment): string {
    return JSON.stringify({ ...experiment, file: toRecord(this.workspace, experiment.file) });
  }

  /**
   * Records the end of a run for which nothing was ever started. Otherwise a store that is rebuilt from the folders
   * would list the run as queued.
   */
  writeEnd(id: string, status: FinalStatus, error?: Pick<RunError, 'kind' | 'message'> | null): void {
    const record: z.input<typeof FinishRecord> = {
      ...{ type: 'finish', time: Date.now(), status, error: error?.message },
      ...(error && { assumed: error.kind === 'lost' ? 'lost' : 'not-started' }),
    };
    appendLine(path.join(this.path(id), RUN_FILES.journal, RUN_FILES.engineJournal), JSON.stringify(record));
  }

  /** Adds a warning to the run's messages. Throws when it can't be written. */
  noteMessage(id: string, note: Said): void {
    const text = inEnglish(note);
    const record: z.input<typeof MessageRecord> = {
      type: 'message',
      time: Date.now(),
      level: 'warning',
      text,
      said: note,
    };
    appendLine(path.join(this.path(id), RUN_FILES.journal, RUN_FILES.engineJournal), JSON.stringify(record));
  }

  /** Returns whether anything was started for the run (or its latest launch), so that it must not be started again. */
  wasStarted(id: string, { launch }: Pick<RunSpec, 'launch'> = {}): boolean {
    const folder = this.path(id);
    if (launch) {
      const { spawn, exit } = readSupervisorRecords(folder, launch);
      const { finish, closed, assumed } = readLastWords(folder, launch);
      return Boolean(spawn ?? exit ?? finish ?? closed ?? assumed) || readAddress(folder)?.launch === launch.number;
    }
    if ([RUN_FILES.supervisor, RUN_FILES.output].some((name) => statReal(path.join(folder, name)))) return true;
    try {
      return listReal(path.join(folder, RUN_FILES.journal)).length > 0;
    } catch {
      return false;
    }
  }
}

function listOrNothing(folder: string): fs.Dirent[] {
  try {
    return listReal(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function isAtMost(checkpoint: string, step: number | null): boolean {
  const saved = stepOf(checkpoint);
  return step === null || (saved !== null && saved <= step);
}
