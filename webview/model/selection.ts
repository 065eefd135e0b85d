import type { PanelState } from '../../src/protocol/panel/index.js';
import type { History } from './history.js';
import type { Topic } from './signal.js';
import { emptyState, readView, type ViewSettings } from './view.js';

/** Milliseconds from the last change until the state is handed to the host to keep. */
const SAVE_DELAY = 300;

export interface SelectionOptions {
  emit(...topics: Topic[]): void;
  /** Called after every change of the state, but not of the view, which does not affect what is read. */
  onState(): void;
  /** Persists the state. */
  save(state: PanelState): void;
  /** Takes every change that the person makes, to undo it. */
  history?: Pick<History, 'add'>;
  /** Looks of the drawn runs, persisted with the view. */
  looks(): Record<string, number>;
  /** Applies the persisted looks before the restored state is reported. */
  restoreLooks(looks: Record<string, number>): void;
}

/** Changes of only these are not undo steps: the form has its own undo, and the others follow from these. */
const UNRECORDED: readonly string[] = ['draft', 'file', 'search'];

/** The person's selection and view settings. Every change is reported and persisted. */
export class Selection {
  private current: Readonly<PanelState> = emptyState();
  private settings: Readonly<ViewSettings> = readView({});
  private forward: string | null = null;
  private isTogether = false;
  private saving: ReturnType<typeof setTimeout> | null = null;

  constructor(private readonly options: SelectionOptions) {}

  get state(): Readonly<PanelState> {
    return this.current;
  }
  get view(): Readonly<ViewSettings> {
    return this.settings;
  }
  /** The run whose curve is highlighted. */
  get highlighted(): string | null {
    return this.forward;
  }
  isHidden(id: string): boolean {
    return this.current.hidden.includes(id);
  }

  /** Takes over the persisted state. */
  restore(stored: Partial<PanelState> | null | undefined): void {
    this.current = { ...emptyState(), ...stored };
    this.settings = readView(this.current.view);
    this.options.restoreLooks(this.settings.looks);
    this.options.onState();
    this.options.emit('state', 'view');
  }

  setState(change: Partial<PanelState>, ...topics: Topic[]): void {
    // Choosing a tab closes the page in front of it.
    const before = this.current;
    this.current = { ...this.current, ...(change.tab !== undefined && { page: null }), ...change };
    this.record('state', Object.keys(change), before, this.settings);
    this.options.onState();
    this.options.emit('state', ...topics);
    this.keep();
  }

  setView(change: Partial<ViewSettings>): void {
    const before = this.settings;
    this.settings = { ...this.settings, ...change };
    this.record('view', Object.keys(change), this.current, before);
    this.options.emit('view');
    this.keep();
  }

  toggle(list: 'hidden' | 'pinned', id: string): void {
    const ids = this.current[list];
    this.setState({ [list]: ids.includes(id) ? ids.filter((other) => other !== id) : [...ids, id] }, 'runs');
  }

  /** Removes deleted runs from the selection. */
  forget(gone: ReadonlySet<string>): void {
    if (gone.size === 0) return;
    const left = this.current.selected?.filter((id) => !gone.has(id)) ?? [];
    this.setState({
      selected: left.length > 0 ? left : null,
      pinned: this.current.pinned.filter((id) => !gone.has(id)),
    });
  }

  highlight(id: string | null): void {
    if (this.forward === id) return;
    this.forward = id;
    this.options.emit('highlight');
  }

  /** Makes several changes one step. */
  together(work: () => void): void {
    if (this.isTogether) return work();
    const [state, view] = [this.current, this.settings];
    this.isTogether = true;
    try {
      work();
    } finally {
      this.isTogether = false;
    }
    if (state !== this.current || view !== this.settings) this.record('together', ['several'], state, view);
  }

  /** Makes a change an undo step, unless no person made it or a field undoes it itself. */
  private record(
    kind: string,
    keys: readonly string[],
    state: Readonly<PanelState>,
    view: Readonly<ViewSettings>,
  ): void {
    if (this.isTogether || state.experiment === null || keys.every((key) => UNRECORDED.includes(key))) return;
    const before = { state, view };
    const after = { state: this.current, view: this.settings };
    const show = (to: typeof before): void => {
      // Fields of the form undo their own edits.
      this.current = to.state;
      this.settings = { ...to.view, draft: this.settings.draft };
      this.options.onState();
      this.options.emit('state', 'view', 'runs', 'searches');
      this.keep();
    };
    const name = `${kind} ${keys.join()}`;
    this.options.history?.add({ kind: name, undo: () => show(before), redo: () => show(after) });
  }

  /** Persists the state soon. */
  keep(): void {
    if (this.saving !== null) clearTimeout(this.saving);
    this.saving = setTimeout(() => {
      this.saving = null;
      const { looks, save } = this.options;
      save({ ...this.current, view: { ...this.settings, looks: looks() } });
    }, SAVE_DELAY);
  }
}
