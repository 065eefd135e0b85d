/**
 * Journals that grow after their run was taken for over: a program on another host that was silent for long, one that was
 * lost sight of, a run that another host has started since. The journal wins: what it says is stored, and an end that was
 * only assumed is taken back.
 */
import { join } from 'node:path';
import { RunStatus, LIVE_STATUSES, type Run } from '../../protocol/engine.js';
import { RUN_FILES } from '../../protocol/runFolder.js';
import { sizeReal } from '../../files/real.js';
import type { ActiveRuns } from './activeRuns.js';
import { takeIn } from './takeIn.js';

/** Looked at each time: the newest ended runs, and as many others in turn. */
const AT_ONCE = 20;
const ENDED = RunStatus.options.filter((status) => !LIVE_STATUSES.includes(status));

export class LateRecords {
  private readonly seen = new Map<string, string>();
  private turn = 0;

  constructor(
    private readonly active: ActiveRuns,
    /** Runs that somebody else looks after. */
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
    const sizes = store.ingest.files(id).map((file) => ({ file, size: sizeReal(join(folder, file)) ?? 0 }));
    const state = JSON.stringify(sizes);
    const before = this.seen.get(id);
    if (before === state) return;
    this.seen.set(id, state);
    const spec = folders.spec(id);
    if (!spec || !sizes.some(({ file, size }) => size > store.ingest.expectedOffset(id, file))) return;
    const intake = takeIn(this.active, spec);
    trouble.attempt(() => {
      let grew = false;
      for (let more = true; more;) {
        const result = intake.poll(false);
        more = result.more;
        grew ||= result.grew;
      }
      if (!grew || !isAssumed(run)) return;
      log.info(`run ${id}: its journal has grown, so it is not over as was assumed`);
      store.runs.update(id, { status: 'running', error: null, endedAt: null });
      changes.runChanged(id);
      this.active.adopt({ ...run, status: 'running' });
    });
  }
}

/** Ends that no record says. */
const isAssumed = ({ error }: Run): boolean => error?.kind === 'lost' || error?.kind === 'not-started';
