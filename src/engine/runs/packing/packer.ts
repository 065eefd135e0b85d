/** Packs the journals of runs that ended some time ago, one after the other, while nothing else waits for the engine. */
import { l10n } from '../../../format/l10n.js';
import type { StoreApi } from '../../../store/api.js';
import type { Log } from '../../disk/log.js';
import type { RunFolders } from '../making/folders.js';
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
  private working: Promise<void> | null = null;
  private restUntil = 0;
  /** Runs that can't be packed for now; they are passed over until all others are done. */
  private passed = 0;
  private closed = false;

  constructor(
    private readonly parts: PackerParts,
    /** Returns whether another host has the folder. */
    private readonly isHeld: () => boolean,
    private readonly days = daysFrom(process.env[DAYS_VARIABLE]),
  ) {}

  /** Call it about once a second. */
  tick(): void {
    if (this.closed || this.working || this.days === 0 || this.isHeld() || performance.now() < this.restUntil) return;
    const before = Date.now() - this.days * DAY;
    const ids = this.parts.store.runs.unpacked(before, AT_ONCE, this.passed);
    if (ids.length === 0) {
      this.passed = 0;
      this.restUntil = performance.now() + AGAIN_MS;
      return;
    }
    this.working = this.packAll(ids, before)
      .then((result) => {
        const { log } = this.parts;
        if (result.runs > 0)
          log.info(`packed the journals of ${result.runs} ended runs: ${result.before} bytes are ${result.after} now`);
      })
      .catch((error: unknown) => {
        this.restUntil = performance.now() + AGAIN_MS;
        this.parts.log.warn(`journals could not be packed: ${(error as Error).message}`);
      })
      .finally(() => (this.working = null));
  }

  /** Packs these runs, whenever they ended. */
  async pack(ids: readonly string[]): Promise<PackResult> {
    await this.working;
    return this.packAll(ids, Infinity);
  }

  /** Unpacks these runs. */
  async unpack(ids: readonly string[]): Promise<number> {
    await this.working;
    const { folders, store } = this.parts;
    let runs = 0;
    for (const id of ids) {
      if (unpackRun(folders.path(id))) runs++;
      // They are not packed again by themselves.
      store.runs.setPacked([id], false);
      await rest();
    }
    return runs;
  }

  /** Resolves once nothing is written any more. */
  async close(): Promise<void> {
    this.closed = true;
    await this.working;
  }

  private async packAll(ids: readonly string[], before: number): Promise<PackResult> {
    const { store, folders } = this.parts;
    const result: PackResult = { runs: 0, before: 0, after: 0, skipped: [] };
    for (const id of ids) {
      if (this.closed) break;
      const run = store.runs.getMany([id], [])[0];
      const refusal = run && whyNot(this.parts, run, before);
      if (!run || refusal) {
        if (refusal?.forEver) store.runs.setPacked([id], false);
        else this.passed++;
        result.skipped.push({ id, why: refusal?.why ?? l10n.t('There is no such run.') });
        continue;
      }
      const sizes = await packRun(folders, id, () => !this.closed && !this.isHeld() && this.mayChange(id));
      if (this.closed || !this.mayChange(id)) break;
      store.runs.setPacked([id], true);
      if (sizes.before > 0) result.runs++;
      result.before += sizes.before;
      result.after += sizes.after;
      await rest();
    }
    return result;
  }

  private mayChange(id: string): boolean {
    const { store, active } = this.parts;
    const status = store.runs.status(id);
    return !active.has(id) && status !== null && ['completed', 'pruned', 'failed', 'stopped'].includes(status);
  }
}

const rest = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, REST_MS));

function daysFrom(text: string | undefined): number {
  const days = Number(text);
  return text && days >= 0 ? days : 0;
}
