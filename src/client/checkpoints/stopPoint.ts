/**
 * When a request to stop takes effect. A pruned run ends at once. A run that is to pause, or to stop although it saves
 * checkpoints, may be continued later, so it ends where its newest checkpoint and its log agree: nothing that was logged
 * is repeated then, and nothing is missing. That is when a checkpoint has been saved, or at once if nothing was logged
 * since. A program that logs a step after saving it is recognised by its order, and ends after it has logged. When most of
 * the grace period has passed, the request takes effect in any case.
 */
import type { StopReason } from '../run.js';

/** The supervisor sends SIGTERM after 0.7 of the grace period; the client gives up waiting a little earlier. */
const SHARE = 0.6;

export class StopPoint {
  /** The requested stop, even before it takes effect. */
  reason: StopReason | null = null;
  private effective = false;
  private savesFirst = false;
  private loggedEver = false;
  /** Something was logged since the last checkpoint, or since the program began. */
  private logged = false;
  private saving = false;
  private savedStep: number | null = null;
  private lastStep: number | null = null;
  /** `lastStep` when the last checkpoint was saved. */
  private lastAtSave: number | null = null;
  private timer: NodeJS.Timeout | null = null;

  /** `saves`: there is a checkpoint to go back to. `grace`: seconds from a request to stop to force. `act` is called once. */
  constructor(
    private saves: boolean,
    private readonly grace: number,
    private readonly act: (reason: StopReason) => void,
  ) {}

  /** The reason, once the request has taken effect. */
  get visible(): StopReason | null {
    return this.effective ? this.reason : null;
  }

  /** A request waits for the next checkpoint. */
  get waits(): boolean {
    return this.reason !== null && !this.effective;
  }

  /** The program's own request: nobody ends it by force meanwhile. */
  askItself(reason: StopReason): void {
    if (this.reason !== null) return;
    this.reason = reason;
    // It asks while it logs a step, and other values that it logs for that step come first.
    if (this.savesFirst) setImmediate(() => this.look());
    else this.look();
  }

  ask(reason: StopReason, grace = this.grace): void {
    const isKnown = this.timer !== null && (this.reason !== 'pause' || reason === 'pause');
    if (this.effective || (this.reason !== null && isKnown)) return;
    // A pause can still become a stop.
    this.reason = reason;
    if (this.timer) clearTimeout(this.timer);
    this.timer = setTimeout(() => this.takeEffect(), SHARE * grace * 1000);
    this.timer.unref();
    this.look();
  }

  /** The grace period is nearly over, or someone else ends the process. */
  hurry(): void {
    this.reason ??= 'stop';
    this.takeEffect();
  }

  /** Call it before a step is recorded. Returns true if the step belongs to the checkpoint saved before it. */
  logs(step: number): boolean {
    if (!this.logged) {
      const { savedStep: saved, lastAtSave: last } = this;
      if (saved !== null) {
        // Logged for the step that was just saved: then logging follows saving in this program.
        const follows = step === saved && (last === null || last > saved || this.savesFirst);
        this.savesFirst = follows || step === last;
      }
      this.loggedEver = true;
      this.logged = true;
    }
    this.lastStep = step;
    // Other values that are logged for this step come first.
    if (this.waits && this.savesFirst) setImmediate(() => this.look());
    return this.savesFirst;
  }

  beginsSave(): void {
    if (this.savesFirst && this.savedStep !== null) this.look();
    this.saving = true;
  }

  saved(step: number | null): void {
    this.saving = false;
    if (step === null) return;
    if (!this.loggedEver) this.savesFirst = true;
    [this.saves, this.savedStep, this.lastAtSave, this.logged] = [true, step, this.lastStep, false];
    this.look();
  }

  private look(): void {
    if (!this.waits) return;
    const continued = this.reason === 'pause' || (this.reason === 'stop' && this.saves);
    const atRest = !this.saving && (this.savesFirst ? this.logged : !this.logged);
    if (!continued || atRest) this.takeEffect();
  }

  private takeEffect(): void {
    if (this.effective) return;
    this.effective = true;
    if (this.timer) clearTimeout(this.timer);
    this.act(this.reason!);
  }
}
