import type { Database } from './database.js';

/** Metric names ↔ small numbers. */
export class MetricNames {
  private byName = new Map<string, number>();
  private byId = new Map<number, string>();
  private stale = true;

  constructor(private readonly db: Database) {
    db.onRollback(() => (this.stale = true));
  }

  /** Returns the number of a name if any run has logged it. */
  find(name: string): number | undefined {
    this.load();
    return this.byName.get(name);
  }

  id(name: string): number {
    this.load();
    const known = this.byName.get(name);
    if (known !== undefined) return known;
    const { id } = this.db.run('INSERT INTO metric_names (name) VALUES (?)', name);
    this.byName.set(name, id);
    this.byId.set(id, name);
    return id;
  }

  name(id: number): string {
    this.load();
    return this.byId.get(id) ?? '';
  }

  private load(): void {
    if (!this.stale) return;
    this.byName = new Map();
    this.byId = new Map();
    for (const { id, name } of this.db.all<{ id: number; name: string }>('SELECT id, name FROM metric_names')) {
      this.byName.set(name, id);
      this.byId.set(id, name);
    }
    this.stale = false;
  }
}
