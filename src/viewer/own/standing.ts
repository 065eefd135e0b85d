/** Tells from the files of an own run how it stands. It looks at nothing else, and touches nothing. */
import * as path from 'node:path';
import { readReal, statReal } from '../../files/real.js';
import type { RunStatus } from '../../protocol/engine/index.js';
import { LeaseHolder, RUN_FILES, type RunSpec } from '../../protocol/run/runFolder.js';
import type { RunPatch } from '../../store/api.js';
import { leaseSeconds, MISSED_BEATS } from '../../engine/machine/beat.js';
import { isHere } from '../../engine/machine/host.js';
import { FIRST_LAUNCH, readLastWords, readSupervisorRecords } from '../../engine/runs/ends/endingRecords.js';
import { LeaseReader } from '../../engine/runs/handStarted/lease.js';
import { logTail } from '../../engine/runs/ends/logTail.js';
import { outcomeOf } from '../../engine/runs/ends/outcome.js';

const MOST_LEASE_BYTES = 4096;

export class Standing {
  private mtime: number | null | undefined;
  private readonly byHand: LeaseReader | null;

  constructor(
    private readonly folder: string,
    private readonly spec: RunSpec,
  ) {
    this.byHand = spec.origin?.by === undefined ? null : new LeaseReader(folder);
  }

  /** Returns the row's facts as the files have them now. `ended`: nothing more is to be expected. */
  look(): { patch: RunPatch; ended: boolean } {
    const ending = this.ending(false);
    if (ending) return ending;
    const status = this.byHand ? this.ofProgram(this.byHand) : this.ofSupervisor();
    if (status === null) return this.ending(true)!;
    const startedAt = this.byHand ? this.spec.createdAt : (this.records().spawn?.time ?? null);
    return { patch: { status, error: null, endedAt: null, startedAt }, ended: false };
  }

  private records() {
    return readSupervisorRecords(this.folder, this.spec.launch ?? FIRST_LAUNCH);
  }

  /** Null: no end is recorded. `isGone`: then it is concluded from what the program said last. */
  private ending(isGone: boolean): { patch: RunPatch; ended: boolean } | null {
    const { spawn, exit } = this.records();
    const words = readLastWords(this.folder, this.spec.launch ?? FIRST_LAUNCH);
    if (!exit && !isGone && !words.closed && !words.assumed) return null;
    const tail = exit?.code === 0 ? '' : logTail(this.folder);
    const { status, error } = outcomeOf({ exit, ...words, logTail: tail, memoryKill: false });
    const isPaused = status === 'paused';
    const endedAt = exit?.time ?? words.finish?.time ?? this.mtime ?? null;
    const startedAt = spawn?.time ?? (this.byHand ? this.spec.createdAt : null);
    const patch = {
      ...{ status, error, startedAt, endedAt: isPaused ? null : endedAt },
      ...{ exitCode: exit?.code ?? null, signal: exit?.signal ?? null },
    };
    return { patch, ended: !isPaused };
  }

  private ofProgram(lease: LeaseReader): RunStatus | null {
    const standing = lease.look();
    if (standing === 'here') return 'running';
    return standing === 'elsewhere' ? 'elsewhere' : null;
  }

  /** Null: its supervisor has given no sign of life for minutes. */
  private ofSupervisor(): RunStatus | null {
    const file = path.join(this.folder, RUN_FILES.lease);
    const mtime = statReal(file)?.mtimeMs ?? null;
    const isRenewed = this.mtime !== undefined && mtime !== this.mtime;
    this.mtime = mtime;
    if (mtime === null) return null;
    const isFresh = Date.now() - mtime < MISSED_BEATS * leaseSeconds() * 1000;
    if (!isRenewed && !isFresh) return null;
    return isHere(hostIn(file)) ? 'running' : 'elsewhere';
  }
}

function hostIn(file: string) {
  try {
    return LeaseHolder.parse(JSON.parse(readReal(file, MOST_LEASE_BYTES))).host;
  } catch {
    return undefined;
  }
}
