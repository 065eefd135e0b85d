/** One launch in the care of the supervisor while its program works: signs of life, growing files, observers, records. */
import { closeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { usableCheckpoint } from '../../client/checkpoints/index.js';
import { syncInterval } from '../../client/journal/syncInterval.js';
import { openRealForAppend, sizeReal } from '../../files/real.js';
import type { ExitRecord } from '../../protocol/run/journal.js';
import { RUN_FILES } from '../../protocol/run/runFiles.js';
import type { Control } from '../../protocol/run/supervisor.js';
import { appendLine, endLine } from '../disk/appendLine.js';
import { untilRoom } from '../disk/room.js';
import { thisHost } from '../machine/host.js';
import { ControlFile } from './controlFile.js';
import { GrowthWatch } from './growth.js';
import type { Hub } from './hub.js';
import { launchRecord } from './journal.js';
import { Lease } from './lease.js';
import { LogFiles } from './logs/index.js';
import { observe, type Observers } from './observe/index.js';
import type { OpenedLaunch } from './opened.js';
import type { Program, ProgramEnd } from './program.js';
import { RUN_ENV } from '../../protocol/run/runFiles.js';
import { recordStart } from './record/index.js';
import { shareRecorded } from './record/share.js';
import { captureOf } from './spec.js';
import { JournalSync } from './sync.js';
import { trimJournals } from './trim.js';
import { inEnglish, said } from '../../format/said.js';
import type { Said } from '../../protocol/said.js';

/** Milliseconds after the end for completing the records of the start. */
const RECORD_MS = 2000;

/** The surroundings of all launches that one supervisor looks after. */
export interface Surroundings {
  hub: Hub;
  /** Environment of whoever asked. */
  base: NodeJS.ProcessEnv;
  /** The folder with our Python client, on the program's PYTHONPATH. */
  ours: string | null;
  /** Carried by all processes that the program starts. */
  mark: number;
  asked(control: Control): void;
}

export class Attendance {
  readonly growth: GrowthWatch;
  /** Resolves once code and environment are recorded. */
  recorded: Promise<void> = Promise.resolve();
  private readonly lease: Lease;
  private readonly sync: JournalSync;
  private readonly control: ControlFile;
  private readonly output: string;
  private logs: LogFiles | null = null;
  private observers: Observers | null = null;
  private printedFrom = 0;

  constructor(
    readonly launch: OpenedLaunch,
    private readonly surroundings: Surroundings,
  ) {
    const { here, spec, number } = launch;
    const { hub, base, asked } = surroundings;
    this.output = join(here, RUN_FILES.output);
    this.lease = new Lease(here, number);
    // The experiment file's own `env` comes first.
    this.sync = new JournalSync(here, syncInterval({ ...base, ...spec.env }));
    this.growth = new GrowthWatch(here, {
      journal: (file, offset) => hub.grown(file, offset),
      output: (bytes) => {
        this.warn(
          said('The program has printed {0} GiB into output.log. It may fill the disk.', (bytes / 2 ** 30).toFixed(1)),
        );
      },
    });
    this.control = new ControlFile(here, number, asked);
  }

  /** Prepares the run's files. To be awaited before the program works for it. */
  async prepare(): Promise<void> {
    const { here, spec } = this.launch;
    await untilRoom(() => closeSync(openRealForAppend(this.output)));
    // An earlier launch may have been killed in the middle of a line.
    const external = join(here, RUN_FILES.journal, RUN_FILES.externalJournal);
    endLine(external);
    if (spec.launch?.checkpoint) {
      spec.launch.checkpoint = await usableCheckpoint(spec.launch.checkpoint, (name, why) => {
        this.warn(
          said(
            'The checkpoint {0} is damaged ({1}) and is not used: the run resumes from the one before it, if there is one.',
            name,
            why,
          ),
        );
      });
    }
    if (spec.launch) {
      const begins = launchRecord(spec.launch);
      await untilRoom(() => appendLine(external, begins));
    }
    this.printedFrom = sizeReal(this.output) ?? 0;
  }

  /**
   * Remembers the log files that are there. To be called before the program starts. For a later trial of the same program, only
   * files that the person has named are looked for: to look through the folders takes longer than many a trial.
   */
  rememberLogs(env: Record<string, string>, later = false): void {
    const { folder, here, spec } = this.launch;
    const { files } = captureOf(spec, env);
    if (!later || Array.isArray(files)) this.logs = new LogFiles(files, { folder, here, cwd: spec.cwd });
  }

  /** Writes down which process works for it. */
  spawned(pid: number, started: string | null): void {
    const { journal } = this.launch;
    journal.write({
      type: 'spawn',
      time: Date.now(),
      pid,
      started,
      supervisor: process.pid,
      launch: journal.launch,
      host: thisHost(),
    });
    this.surroundings.hub.grown(RUN_FILES.supervisorJournal, 0);
  }

  /** The program works for it. `first`: the launch that it was started for, whose records are this one's, too. */
  begin(program: Program, env: Record<string, string>, first: Attendance | null = null): void {
    const { here, spec } = this.launch;
    const { mark, ours } = this.surroundings;
    const warn = (text: Said): void => this.warn(text);
    this.logs?.begin(program.pid, { mark, begins: spec.launch ? launchRecord(spec.launch) : null, warn });
    if (first)
      this.recorded = first.recorded.then(() => shareRecorded(first.launch.here, here, this.namesFilesOf(first)));
    else if (program.pid !== null)
      this.recorded = recordStart(here, spec, env, ours, process.env[RUN_ENV.job] === 'ssh');
    const recorded = (): void => this.growth.look();
    const circumstances = { env, mark, printedFrom: this.printedFrom, warn, recorded, isLater: first !== null };
    this.observers = observe(here, spec, program, circumstances);
    this.control.look();
  }

  /**
   * Writes the run's end. `moves`: the program goes on with another run, so nothing is waited for. Resolves once the exit record
   * is in the journal, to a promise of its being on the disk.
   */
  async end(
    { behind, ...end }: ProgramEnd & Pick<ExitRecord, 'interrupted'>,
    moves = false,
  ): Promise<{ synced: Promise<void> }> {
    const { here, journal } = this.launch;
    if (behind) journal.write({ type: 'message', time: Date.now(), ...behind });
    this.control.close();
    await this.logs?.stop();
    this.observers?.stop();
    this.growth.look();
    this.growth.stop();
    trimJournals(here);
    // If a program ends at once, its records of the start get a moment to complete.
    if (!moves) await Promise.race([this.recorded, pause(RECORD_MS)]);
    await journal.writeExit(end);
    this.lease.release(true);
    return { synced: this.sync.close() };
  }

  /** Parameters that are texts may name data files. */
  private namesFilesOf({ launch }: Attendance): boolean {
    const texts = (params: unknown): string =>
      JSON.stringify(params, (_name, value: unknown) => (typeof value === 'number' ? 0 : value));
    return texts(launch.spec.params) === texts(this.launch.spec.params);
  }

  warn(text: Said): void {
    const time = Date.now();
    this.launch.journal.write({ type: 'message', time, level: 'warning', text: inEnglish(text), said: text });
  }
}
