import type { Database } from '../database.js';

/** How far one journal file was read, as its row has it. */
export interface JournalRow {
  offset: number;
  /** Metrics records without a step so far. */
  steps: number;
  bad: number;
  /** 1: in the middle of a line that is too long. */
  skipping: number;
  head: Uint8Array | null;
  /** Number of the run's launch that writes. */
  launch: number;
}

/** The best value of a run's objective, and its step. */
export interface BestRow {
  best: number | null;
  step: number | null;
}

interface Held {
  journals: [run: number, file: string, ...numbers: number[]][];
  /** Base64, of the journals of the same place; null: as before. */
  heads: (string | null)[];
  bests: [run: number, best: number | null, step: number | null][];
}

/**
 * Rows that change with each record: how far journals were read, and the runs' best values. While many runs log,
 * rewriting these rows costs far more than storing the points. So a transaction appends all changes of its turn as one
 * row, and the rows themselves are written before another reader needs them.
 */
export class Late {
  private readonly journals = new Map<number, Map<string, JournalRow>>();
  private readonly bests = new Map<number, BestRow>();
  private readonly freshJournals = new Map<JournalRow, [run: number, file: string]>();
  private readonly freshBests = new Map<number, BestRow>();
  /** The head that the file has of a journal. */
  private readonly heads = new WeakMap<JournalRow, Uint8Array | null>();
  /** Rows of an engine that was killed, or from before a rollback, have to be applied first. */
  private recovers = true;
  private hasRows = false;

  constructor(private readonly db: Database) {
    db.beforeCommit(() => this.append());
    db.onCatchUp(() => this.write());
    db.onRollback(() => this.forget());
    db.holdBack();
  }

  /** Returns the row that is held back, if there is one. */
  journal(run: number, file: string): JournalRow | undefined {
    return this.journals.get(run)?.get(file);
  }

  /** Called before rows are read that may be held back. */
  recover(): void {
    if (!this.recovers) return;
    this.db.transaction(() => {
      const found = this.db.all<{ data: string }>('SELECT data FROM late ORDER BY seq');
      for (const { data } of found) {
        const { journals, heads, bests } = JSON.parse(data) as Held;
        journals.forEach(([run, file, offset, steps, bad, skipping, launch], i) => {
          const head = heads[i];
          const row = { offset, steps, bad, skipping, launch, head: head ? Buffer.from(head, 'base64') : null };
          this.writeJournal(run, file, row as JournalRow);
        });
        for (const [run, best, step] of bests) this.writeBest(run, { best, step });
      }
      if (found.length > 0) this.db.run('DELETE FROM late');
    });
    this.recovers = false;
  }

  holdJournal(run: number, file: string, row: JournalRow): void {
    let files = this.journals.get(run);
    if (!files) this.journals.set(run, (files = new Map()));
    files.set(file, row);
    this.freshJournals.set(row, [run, file]);
  }

  holdBest(run: number, row: BestRow): void {
    this.bests.set(run, row);
    this.freshBests.set(run, row);
  }

  /** Writes the best values of some runs. */
  writeBests(runs: readonly number[]): void {
    this.recover();
    for (const run of runs) {
      const row = this.bests.get(run);
      if (!row) continue;
      this.writeBest(run, row);
      this.bests.delete(run);
    }
  }

  private append(): void {
    if (this.freshJournals.size === 0 && this.freshBests.size === 0) return;
    const held: Held = { journals: [], heads: [], bests: [] };
    for (const [row, [run, file]] of this.freshJournals) {
      held.journals.push([run, file, row.offset, row.steps, row.bad, row.skipping, row.launch]);
      const known = this.heads.get(row) === row.head;
      held.heads.push(known || row.head === null ? null : Buffer.from(row.head).toString('base64'));
      this.heads.set(row, row.head);
    }
    for (const [run, { best, step }] of this.freshBests) held.bests.push([run, best, step]);
    this.db.run('INSERT INTO late (data) VALUES (?)', JSON.stringify(held));
    this.freshJournals.clear();
    this.freshBests.clear();
    this.hasRows = true;
    this.db.holdBack();
  }

  private write(): void {
    this.recover();
    if (!this.hasRows && this.journals.size === 0 && this.bests.size === 0) return;
    for (const [run, files] of this.journals) for (const [file, row] of files) this.writeJournal(run, file, row);
    for (const [run, row] of this.bests) this.writeBest(run, row);
    this.db.run('DELETE FROM late');
    this.hasRows = false;
    this.journals.clear();
    this.bests.clear();
    this.freshJournals.clear();
    this.freshBests.clear();
  }

  private writeJournal(run: number, file: string, row: JournalRow): void {
    this.db.run(
      `INSERT INTO journals (run, file, offset, steps, bad, skipping, head, launch)
       SELECT ?, ?, ?, ?, ?, ?, ?, ? WHERE EXISTS (SELECT 1 FROM runs WHERE key = ?)
       ON CONFLICT (run, file) DO UPDATE SET
         offset = excluded.offset, steps = excluded.steps, bad = excluded.bad, skipping = excluded.skipping,
         head = coalesce(excluded.head, head), launch = excluded.launch`,
      ...[run, file, row.offset, row.steps, row.bad, row.skipping, row.head, row.launch, run],
    );
  }

  private writeBest(run: number, { best, step }: BestRow): void {
    this.db.run('UPDATE runs SET objective = ?, objective_step = ? WHERE key = ?', best, step, run);
  }

  private forget(): void {
    this.journals.clear();
    this.bests.clear();
    this.freshJournals.clear();
    this.freshBests.clear();
    this.recovers = true;
    this.db.holdBack();
  }
}
