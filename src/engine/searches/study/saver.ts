/** Saves a search's study: often, but never so often that writing takes more than a small share of the time. */
import type { Saved } from './messages.js';
import type { Trouble } from '../../disk/trouble.js';

/**
 * Longest time until the study is saved after a change. Longer when saving takes long (thousands of trials): the study can
 * be derived again from the runs.
 */
const SAVE_MS = 1000;
const SAVE_SHARE = 20;

export interface StudySaverOptions {
  trouble: Trouble;
  /** The study as it is now; null when it can't be had. */
  ask(): Promise<Saved | null>;
  write(text: string): void;
  /** Returns true once the study must not be saved any more. */
  ended(): boolean;
}

export class StudySaver {
  /** Not on disk yet. */
  private held: Saved | null = null;
  private timer: NodeJS.Timeout | undefined;
  private took = 0;

  constructor(private readonly options: StudySaverOptions) {}

  /** True if saving is quick enough to be done after every trial. */
  get quick(): boolean {
    return this.took < SAVE_MS / SAVE_SHARE;
  }

  /** Marks that the study has changed since it was last saved. */
  get due(): boolean {
    return this.timer !== undefined;
  }

  hold(saved: Saved | null): void {
    if (saved !== null) this.held = saved;
  }

  soon(): void {
    this.timer ??= setTimeout(() => void this.now(), Math.max(SAVE_MS, SAVE_SHARE * this.took));
  }

  async now(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const saved = await this.options.ask();
    if (saved === null) return;
    this.held = saved;
    if (!this.options.trouble.attempt(() => this.write()) && !this.options.ended()) this.soon();
  }

  /** Writes the pending study, if any. Throws if it can't be written. */
  write(): void {
    if (this.held === null) return;
    const before = performance.now();
    this.options.write(this.held.text);
    this.took = this.held.ms + performance.now() - before;
    this.held = null;
  }
}
