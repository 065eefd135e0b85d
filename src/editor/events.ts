/** A small event, for modules that know nothing of the editor. */
export interface Disposable {
  dispose(): void;
}

export class Emitter<T> implements Disposable {
  private readonly listeners = new Set<(value: T) => void>();

  readonly event = (listener: (value: T) => void): Disposable => {
    this.listeners.add(listener);
    return { dispose: () => void this.listeners.delete(listener) };
  };

  fire(value: T): void {
    for (const listener of [...this.listeners]) listener(value);
  }

  dispose(): void {
    this.listeners.clear();
  }
}

/** Disposes everything added, last first; anything added after `dispose` is disposed at once. */
export class Disposables implements Disposable {
  private items: Disposable[] | null = [];

  add<T extends Disposable>(item: T): T {
    if (this.items) this.items.push(item);
    else item.dispose();
    return item;
  }

  get disposed(): boolean {
    return this.items === null;
  }

  dispose(): void {
    const items = this.items ?? [];
    this.items = null;
    for (const item of items.reverse()) item.dispose();
  }
}

/** Calls `work` once, `wait` ms after the last `schedule` but no later than `most` ms after the first. */
export class Debounce implements Disposable {
  private timer: NodeJS.Timeout | undefined;
  private since = 0;

  constructor(
    private readonly work: () => void,
    private readonly wait: number,
    private readonly most = wait * 5,
  ) {}

  schedule(): void {
    const now = Date.now();
    if (this.timer) clearTimeout(this.timer);
    else this.since = now;
    const delay = Math.max(0, Math.min(this.wait, this.since + this.most - now));
    this.timer = setTimeout(() => this.flush(), delay);
  }

  flush(): void {
    this.dispose();
    this.work();
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }
}
