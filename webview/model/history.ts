/** Undo and redo of the person's actions in the panel. */

export interface Entry {
  /** Changes of one kind in quick succession form one step. */
  kind: string;
  undo(): void | Promise<void>;
  redo(): void | Promise<void>;
}

const MOST = 200;
/** Milliseconds within which changes of one kind form one step, such as those of a slider. */
const TOGETHER = 800;

export class History {
  private done: (Entry & { at: number })[] = [];
  private undone: (Entry & { at: number })[] = [];
  /** True while a step is undone or redone, whose changes are not a new step. */
  private working = false;

  constructor(private readonly now: () => number = () => performance.now()) {}

  get canUndo(): boolean {
    return this.done.length > 0;
  }
  get canRedo(): boolean {
    return this.undone.length > 0;
  }

  add(entry: Entry): void {
    if (this.working) return;
    const at = this.now();
    const last = this.done.at(-1);
    this.undone = [];
    if (last?.kind === entry.kind && at - last.at < TOGETHER)
      this.done[this.done.length - 1] = { kind: entry.kind, at, undo: () => last.undo(), redo: () => entry.redo() };
    else this.done.push({ kind: entry.kind, at, undo: () => entry.undo(), redo: () => entry.redo() });
    if (this.done.length > MOST) this.done.shift();
  }

  /** Returns false if there was nothing to undo. */
  undo(): Promise<boolean> {
    return this.step(this.done, this.undone, 'undo');
  }
  redo(): Promise<boolean> {
    return this.step(this.undone, this.done, 'redo');
  }

  private async step(
    from: (Entry & { at: number })[],
    to: (Entry & { at: number })[],
    what: 'undo' | 'redo',
  ): Promise<boolean> {
    const entry = from.at(-1);
    if (!entry || this.working) return false;
    this.working = true;
    try {
      await entry[what]();
      from.pop();
      // Starts a new step with the next change.
      to.push({ ...entry, at: -Infinity });
      return true;
    } finally {
      this.working = false;
    }
  }
}
