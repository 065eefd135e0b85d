/** Packs the journals of runs that ended some time ago, one after the other, with a turn for everything else after each block. */
import { l10n } from '../../../format/l10n.js';
import { inEnglish } from '../../../format/said.js';
import { LIVE_STATUSES } from '../../../protocol/engine/index.js';
import type { StoreApi } from '../../../store/api.js';
import { PACKED } from '../../../store/journal/packed/container.js';
import type { Log } from '../../disk/log.js';
import type { RunFolders } from '../making/folders.js';
import { noteOf, type PackingOptions } from './both.js';
import { inTurns, NotPackedError, WAITS } from './files.js';
import { packRun, whyNot } from './packRun.js';
import { unpackRun } from './unpack.js';

const DAY = 86_400_000;
/** Set to a number of days; 0 or unset: never by themselves. */
const DAYS_VARIABLE = 'TUNESMITH_PACK_AFTER_DAYS';
/** Runs that are looked up at once. */
const AT_ONCE = 50;
/** Milliseconds without packing after each run, so that it takes a part of one core at most. */
const REST_MS = 20;
/** Milliseconds until runs that could not be packed are looked at again. */
const AGAIN_MS = 600_000;
/** A run that ended, or was written to, less than so many milliseconds ago stays as it is: a child may still write. */
const LEAST_AGE_MS = 60_000;

interface PackerParts {
  store: StoreApi;
  folders: RunFolders;
  /** Runs that wait or work. */
  active: { has(id: string): boolean };
  log: Pick<Log, 'info' | 'warn'>;
}

export interface PackResult {
  runs: number;
  before: number;
  after: number;
  skipped: { id: string; why: string }[];
}

export class Packer {
  /** Everything that packs or unpacks, one after the other. */
  private queue: Promise<unknown> = Promise.resolve();
  private waiting = 0;
  private restUntil = 0;
  /** Runs that can't be packed for now; they are passed over until all others are done. */
  private passed = 0;
  private closed = false;

  constructor(
    private readonly parts: PackerParts,
    /** Takes the folder for this host, or keeps it. Returns false if another host has it. */
    private readonly claim: () => boolean,
    private readonly days = daysFrom(process.env[DAYS_VARIABLE]),
    private readonly waits = WAITS,
  ) {}

  /** Returns whether it changes files, so that this host must keep the folder. */
  get isBusy(): boolean {
    return this.waiting > 0;
  }

  /** Call it about once a second. */
  tick(): void {
    if (this.closed || this.isBusy || this.days === 0 || performance.now() < this.restUntil) return;
    const before = Date.now() - Math.max(this.days * DAY, LEAST_AGE_MS);
    const ids = this.parts.store.runs.unpacked(before, AT_ONCE, this.passed);
    if (ids.length === 0) {
      this.passed = 0;
      this.restUntil = performance.now() + AGAIN_MS;
      return;
    }
    if (!this.claim()) return;
    const { log } = this.parts;
    void this.each(
      ids,
      (id, result) => this.packOne(id, before, result),
      () => this.passed++,
    ).then((result) => {
      const { runs, before: from, after } = result;
      if (runs > 0) log.info(`packed the journals of ${runs} ended runs: ${from} bytes are ${after} now`);
    });
  }

  /** Packs these runs, unless they have just ended. */
  pack(ids: readonly string[]): Promise<PackResult> {
    return this.each(ids, (id, result) => this.packOne(id, Date.now() - LEAST_AGE_MS, result));
  }

  /** Unpacks these runs. */
  unpack(ids: readonly string[]): Promise<PackResult> {
    const { folders, store } = this.parts;
    return this.each(ids, async (id, result) => {
      const why = this.refusal(id);
      if (why !== null) throw new NotPackedError(why);
      if (await inTurns(unpackRun(folders.path(id), this.options(id)), this.waits)) result.runs++;
      // They are not packed again by themselves.
      store.runs.setPacked([id], false);
    });
  }

  /** Resolves once nothing is written any more. */
  async close(): Promise<void> {
    this.closed = true;
    while (this.isBusy) await Promise.all([this.queue, pause()]);
  }

  /** Does this for each run in its turn, so that a request waits for one run of another at most. */
  private async each(
    ids: readonly string[],
    work: (id: string, result: PackResult) => Promise<void>,
    onLeft: () => void = () => undefined,
  ): Promise<PackResult> {
    const result: PackResult = { runs: 0, before: 0, after: 0, skipped: [] };
    this.waiting++;
    for (const id of ids) {
      const turn = this.queue.then(() => this.attempt(id, result, () => work(id, result)));
      this.queue = turn;
      if (!(await turn)) onLeft();
    }
    this.waiting--;
    return result;
  }

  private async packOne(id: string, before: number, result: PackResult): Promise<void> {
    const { store, folders } = this.parts;
    const run = store.runs.getMany([id], [])[0];
    const refusal = run ? whyNot(this.parts, run, before) : { why: l10n.t('There is no such run.'), forEver: false };
    if (refusal) throw new NotPackedError(refusal.why, refusal.forEver);
    const why = this.refusal(id);
    if (why !== null) throw new NotPackedError(why);
    const sizes = await packRun(folders, id, this.options(id), this.waits);
    if (sizes.before > 0) result.runs++;
    result.before += sizes.before;
    result.after += sizes.after;
    if (sizes.left !== null) throw new NotPackedError(sizes.left);
    store.runs.setPacked([id], true);
  }

  /** Returns whether nothing more is to do for the run. It never throws: one that fails does not keep the others waiting. */
  private async attempt(id: string, { skipped }: PackResult, work: () => Promise<void>): Promise<boolean> {
    const { store, log } = this.parts;
    try {
      await work();
      await pause();
      return true;
    } catch (error) {
      skipped.push({ id, why: (error as Error).message });
      if (!(error instanceof NotPackedError)) {
        log.warn(`run ${id}: its journals could not be packed or unpacked: ${(error as Error).message}`);
        await pause();
      } else if (error.forEver) {
        store.runs.setPacked([id], false);
        return true;
      }
      return false;
    }
  }

  private options(id: string): PackingOptions {
    const { folders, store, log } = this.parts;
    return {
      mayChange: () => this.refusal(id) === null,
      onAside: (aside) => {
        const note = noteOf(aside);
        log.warn(`run ${id}: ${inEnglish(note)}`);
        folders.noteMessage(id, note);
        // Records that were read under its former name count.
        if (aside.why === 'apart') store.ingest.wasRead(id, aside.to.slice(0, -PACKED.length), aside.size);
      },
    };
  }

  /** Returns why the files of a run must not be changed now; null if they may. */
  private refusal(id: string): string | null {
    const { store, active } = this.parts;
    if (this.closed) return l10n.t('The engine is leaving.');
    if (!this.claim()) return l10n.t('Another host is at work in this folder.');
    const status = store.runs.status(id);
    if (status === null) return l10n.t('There is no such run.');
    return active.has(id) || LIVE_STATUSES.includes(status) ? l10n.t('It has not ended.') : null;
  }
}

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, REST_MS));

function daysFrom(text: string | undefined): number {
  const days = Number(text);
  return text && days >= 0 ? days : 0;
}
