import { errorText } from '../../src/format/said.js';
import type { Run } from '../../src/protocol/engine/index.js';
import { formatNumber } from '../../src/format/numbers.js';
import { l10n } from '../../src/format/l10n.js';
import { statusText } from '../../src/format/statuses.js';

export interface Toast {
  id: number;
  kind: 'info' | 'error';
  text: string;
  action?: { label: string; run(): void };
}

const TIME = { info: 8000, error: 20_000 };
const MOST = 4;

/** Short messages at the bottom; the same text is not shown twice at a time. */
export class Toasts {
  items: Toast[] = [];
  private nextId = 1;

  constructor(private readonly onChange: () => void) {}

  add(toast: Omit<Toast, 'id'>): void {
    const same = this.items.find((item) => item.text === toast.text);
    if (same) return;
    const item = { ...toast, id: this.nextId++ };
    this.items = [...this.items, item].slice(-MOST);
    setTimeout(() => this.dismiss(item.id), TIME[toast.kind]);
    this.onChange();
  }

  dismiss(id: number): void {
    const left = this.items.filter((item) => item.id !== id);
    if (left.length === this.items.length) return;
    this.items = left;
    this.onChange();
  }
}

/** Announces events to screen readers. */
export class Announcer {
  text = '';

  constructor(private readonly onChange: () => void) {}

  say(text: string): void {
    // A no-break space at every second time: the same sentence twice is news twice.
    this.text = this.text === text ? `${text}\u00a0` : text;
    this.onChange();
  }

  runEnded(run: Run): void {
    const objective =
      (run.objective?.value ?? null) === null ? '' : `, ${run.objective!.metric} ${formatNumber(run.objective!.value)}`;
    const why = run.status === 'failed' && run.error ? `: ${errorText(run.error)}` : '';
    this.say(l10n.t('Run {0} {1}{2}{3}', run.name, statusText(run.status), objective, why));
  }
}
