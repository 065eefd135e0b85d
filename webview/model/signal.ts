import type { ReactiveController, ReactiveControllerHost } from 'lit';

/** Parts of the model that a view can depend on. */
export type Topic =
  | 'state'
  | 'view'
  | 'runs'
  | 'searches'
  | 'experiments'
  | 'devices'
  | 'form'
  | 'table'
  | 'toasts'
  | 'theme'
  | 'clock'
  | 'highlight';

/** Milliseconds without a change after which the next one is told at once. */
const QUIET = 50;

/** Tells views which topics changed: once a frame at most, and at once after a pause, so that an answer is not shown a frame late. */
export class Signal {
  private readonly listeners = new Set<{ topics: readonly Topic[]; tell(): void }>();
  private pending = new Set<Topic>();
  private scheduled = false;
  private last = -Infinity;

  on(topics: readonly Topic[], tell: () => void): () => void {
    const listener = { topics, tell };
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  emit(...topics: Topic[]): void {
    for (const topic of topics) this.pending.add(topic);
    if (this.scheduled) return;
    this.scheduled = true;
    const isQuiet = performance.now() - this.last > QUIET && document.visibilityState !== 'hidden';
    if (isQuiet) setTimeout(() => this.flush());
    else requestAnimationFrame(() => this.flush());
  }

  private flush(): void {
    this.scheduled = false;
    this.last = performance.now();
    const topics = this.pending;
    this.pending = new Set();
    for (const listener of [...this.listeners]) {
      if (listener.topics.some((topic) => topics.has(topic))) listener.tell();
    }
  }
}

/** Renders a view again when one of its topics changed. */
export class Follows implements ReactiveController {
  private leave: (() => void) | null = null;

  constructor(
    private readonly host: ReactiveControllerHost,
    private readonly signal: () => Signal,
    private readonly topics: readonly Topic[],
  ) {
    host.addController(this);
  }

  hostConnected(): void {
    this.leave = this.signal().on(this.topics, () => this.host.requestUpdate());
  }

  hostDisconnected(): void {
    this.leave?.();
  }
}
