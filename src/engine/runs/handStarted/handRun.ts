/**
 * One run of a program that a person started by hand: reads its journal while the program works, and determines its
 * end.
 */
import { inEnglish, said } from '../../../format/said.js';
import * as path from 'node:path';
import { appendReal, statReal } from '../../../files/real.js';
import { HAND_FILES } from '../../../protocol/run/handStarted.js';
import type { RunStatus } from '../../../protocol/engine/index.js';
import type { RunSpec } from '../../../protocol/run/runFolder.js';
import type { Control } from '../../../protocol/run/supervisor.js';
import type { Log } from '../../disk/log.js';
import type { Trouble } from '../../disk/trouble.js';
import type { Changes } from '../../server/changes.js';
import type { RunPatch, StoreApi } from '../../../store/api.js';
import { FIRST_LAUNCH, lastRecordTime, readLastWords } from '../ends/endingRecords.js';
import { logTail } from '../ends/logTail.js';
import { outcomeOf } from '../ends/outcome.js';
import { LeaseReader } from './lease.js';
import { HandOutput } from './output.js';
import { refuse, type Refusal } from '../life/refusal.js';
import { l10n } from '../../../format/l10n.js';

export interface HandRunOptions {
  id: string;
  folder: string;
  store: StoreApi;
  changes: Changes;
  log: Log;
  trouble: Trouble;
  /** Rereads run.json: each launch writes its own. */
  spec(): RunSpec | null;
}

/** Other ranks of a job may still write after rank 0 has closed the run. */
const LINGER_MS = 60_000;
const VANISHED = said(
  'The program ended without reporting it: it was killed, it crashed in native code, or its machine went down. What it had logged until then is kept.',
);

export class HandRun {
  private readonly lease: LeaseReader;
  private output: HandOutput | null = null;
  private status: RunStatus | null = null;
  private asked = false;
  private overSince: number | null = null;

  constructor(private readonly options: HandRunOptions) {
    this.lease = new LeaseReader(options.folder);
  }

  get isOver(): boolean {
    return this.overSince !== null;
  }

  /** Nothing more is to be expected of it. */
  get isDone(): boolean {
    return this.overSince !== null && performance.now() - this.overSince > LINGER_MS;
  }

  /**
   * Stores new records for at most about `budgetMs`, and checks whether the program still runs. Returns whether there
   * is more to store.
   */
  turn(budgetMs: number): boolean {
    const standing = this.lease.look();
    const works = standing === 'here' || standing === 'elsewhere';
    // Checked before output and journal are read: once the program is gone, nothing more will be written.
    const printed = standing !== 'elsewhere' && this.overSince === null && this.readOutput(!works, budgetMs / 2);
    const more = this.takeIn(!works && !printed, budgetMs) || printed;
    if (works) {
      this.overSince = null;
      this.show(this.asked ? 'stopping' : standing === 'elsewhere' ? 'elsewhere' : 'running');
    } else if (!more && this.overSince === null) this.conclude(standing === 'gone');
    return more;
  }

  /** Returns null when the request was passed on, else why it could not be. */
  stop(): Refusal | null {
    const grace = this.options.spec()?.stopGrace;
    const refused = this.send({ type: 'stop', reason: 'stop', ...(grace !== undefined && { grace }) });
    if (refused === null) {
      this.asked = true;
      this.show('stopping');
    }
    return refused;
  }

  send(control: Control): Refusal | null {
    if (this.isOver) return refuse('over', l10n.t('has already ended'));
    try {
      appendReal(path.join(this.options.folder, HAND_FILES.control), JSON.stringify(control) + '\n');
      return null;
    } catch (error) {
      return refuse('impossible', l10n.t("can't be reached: {0}", (error as Error).message));
    }
  }

  /** An engine on the program's own host reads the printed metrics. */
  private readOutput(final: boolean, budgetMs: number): boolean {
    const { folder, spec, log, id } = this.options;
    this.output ??= new HandOutput(folder, spec(), (text) => log.warn(`run ${id}: ${inEnglish(text)}`));
    return this.output.look(budgetMs, final);
  }

  private takeIn(final: boolean, budgetMs: number): boolean {
    const { id, store, changes, log, trouble } = this.options;
    let more = true;
    trouble.attempt(() => {
      const results = store.ingest.pollAll(id, { final, budgetMs });
      for (const result of results) {
        for (const [metric, count] of result.metrics) changes.seriesChanged(id, metric, count);
        for (const warning of result.warnings) log.warn(`run ${id}: ${warning}`);
        if (result.runChanged || result.points > 0) changes.runChanged(id);
      }
      more = results.at(-1)?.more ?? false;
    });
    return more;
  }

  private show(status: RunStatus): void {
    if (this.status === status) return;
    const ended = this.status === null || this.isOver ? null : undefined;
    this.write({ status, ...(ended === null && { error: null, endedAt: null }) });
    this.status = status;
  }

  private conclude(vanished: boolean): void {
    const { id, folder, log } = this.options;
    const launch = this.options.spec()?.launch ?? FIRST_LAUNCH;
    const words = readLastWords(folder, launch);
    const outcome = outcomeOf(
      { exit: null, ...words, logTail: logTail(folder), memoryKill: false },
      vanished && this.asked ? 'stop' : null,
    );
    if (outcome.error?.kind === 'lost') Object.assign(outcome.error, { message: inEnglish(VANISHED), said: VANISHED });
    // A remaining lease marks this end until it is written again.
    const endedAt = Math.max(words.finish?.time ?? 0, lastWrite(folder), lastRecordTime(folder)) || Date.now();
    if (!this.write({ status: outcome.status, error: outcome.error, endedAt })) return;
    this.status = outcome.status;
    this.overSince = performance.now();
    log.info(`run ${id}: ${outcome.status}${outcome.error ? ` (${outcome.error.kind})` : ''}`);
  }

  private write(patch: RunPatch): boolean {
    const { id, store, changes, trouble } = this.options;
    const written = trouble.attempt(() => void store.runs.update(id, patch));
    changes.runChanged(id);
    return written;
  }
}

/**
 * Returns when the program last wrote its lease (while there is one), in milliseconds since the epoch; 0 when nothing
 * is known.
 */
function lastWrite(folder: string): number {
  return statReal(path.join(folder, HAND_FILES.lease))?.mtimeMs ?? 0;
}
