/**
 * Reads journals that grow after their run was assumed to have ended: its host gave no sign of life, the engine lost
 * sight of the program, or another host has started the run since. The journal takes precedence: its records are
 * stored, and the assumed end is revoked.
 */
import { join } from 'node:path';
import { RunStatus, LIVE_STATUSES, type Run } from '../../../protocol/engine/index.js';
import { RUN_FILES } from '../../../protocol/run/runFolder.js';
import { journalSize, journalStamps } from '../../../store/journal/file.js';
import type { ActiveRuns } from '../life/activeRuns.js';
import { NEVER_STARTED } from '../making/takeInFolders.js';
import { RunIntake } from '../intake/runIntake.js';

/** Number of runs checked each time: the newest ended ones, and as many others in rotation. */
const AT_ONCE = 20;
const ENDED = RunStatus.options.filter((status) => !LIVE_STATUSES.includes(status));

export class LateRecords {
  private readonly seen = new Map<string, string>();
  private readonly reading = new Set<string>();
  private turn = 0;

  constructor(
    private readonly active: ActiveRuns,
    /** Returns whether another host manages the run. */
    private readonly isOthers: (id: string) => boolean,
  ) {}

  /** Reads journals that have grown. Call it about once a second. */
  look(): void {
    const { store } = this.active.options;
    const query = { status: ENDED, limit: AT_ONCE };
    const { runs, total } = store.runs.list(query);
    this.turn = this.turn + AT_ONCE < total ? this.turn + AT_ONCE : 0;
    const others = total > AT_ONCE && this.turn > 0 ? store.runs.list({ ...query, offset: this.turn }).runs : [];
    for (const run of [...runs, ...others]) {
      if (!this.active.has(run.id) && !this.isOthers(run.id)) this.lookAt(run);
    }
  }

  private lookAt(run: Run): void {
    const { store, folders, log, changes, trouble } = this.active.options;
    const { id } = run;
    const folder = join(folders.path(id), RUN_FILES.journal);
    const files = store.ingest.files(id);
    const state = journalStamps(folder, files);
    const before = this.seen.get(id);
    if (before === state) return;
    this.seen.set(id, state);
    const spec = folders.spec(id);
    if (!spec || this.reading.has(id)) return;
    // A killed engine read that the program had started, but did not store it.
    const began = run.error?.message === NEVER_STARTED.message && folders.wasStarted(id, spec);
    const hasGrown = (file: string): boolean =>
      (journalSize(join(folder, file)) ?? 0) > store.ingest.expectedOffset(id, file);
    if (!began && !files.some(hasGrown)) return;
    this.reading.add(id);
    const read = async (): Promise<void> => {
      try {
        // Notes of an engine, such as the assumed end itself, are no sign of life.
        const own = files.filter((file) => file !== RUN_FILES.engineJournal);
        const offset = (): number => own.reduce((sum, file) => sum + store.ingest.expectedOffset(id, file), 0);
        const before = offset();
        await new RunIntake(this.active, spec).read(false);
        const grew = offset() > before;
        if (!(grew || began) || !isAssumed(run) || this.active.has(id) || this.active.closed) return;
        log.info(`run ${id}: its journal has grown, so it has not ended as was assumed`);
        store.runs.update(id, { status: 'running', error: null, endedAt: null });
        changes.runChanged(id);
        this.active.adopt({ ...run, status: 'running' });
      } catch (error) {
        trouble.met(error);
      } finally {
        this.reading.delete(id);
      }
    };
    void read();
  }
}

/** Returns whether the end was assumed, not recorded. */
const isAssumed = ({ error }: Run): boolean => error?.kind === 'lost' || error?.kind === 'not-started';
