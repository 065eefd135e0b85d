import type { PanelState } from '../../src/protocol/panel/index.js';
import type { SavedView, SavedViews } from '../../src/protocol/panel/savedViews.js';
import { MOST_VIEWS, NO_VIEWS } from '../../src/protocol/panel/viewsLimits.js';
import { entryOf, setEntry } from '../../src/protocol/values/records.js';
import { readView, type ViewSettings } from './view.js';

export interface ViewsParts {
  read(): Promise<SavedViews>;
  write(views: SavedViews): Promise<unknown>;
  now(): { state: Readonly<PanelState>; view: Readonly<ViewSettings> };
  /** Shows the view; settings that it does not contain stay. */
  show(state: Partial<PanelState>, view: Partial<ViewSettings>): void;
  onNews(): void;
}

/** Settings that are a person's own, and not part of a view. */
const OWN: readonly (keyof ViewSettings)[] = ['draft', 'looks'];

/** Views of the panel under a name, shared by a file in the workspace. */
export class Views {
  /** Undefined until they are read. */
  saved: SavedViews | undefined;
  error: string | null = null;

  constructor(private readonly parts: ViewsParts) {}

  async load(): Promise<void> {
    try {
      this.saved = await this.parts.read();
      this.error = null;
    } catch (error) {
      this.saved = NO_VIEWS;
      this.error = error instanceof Error ? error.message : String(error);
    }
    this.parts.onNews();
  }

  /** Saves the current view, replacing one with this name. */
  save(name: string): Promise<void> {
    const { state, view } = this.parts.now();
    const own = Object.fromEntries(Object.entries(view).filter(([key]) => !OWN.includes(key as keyof ViewSettings)));
    const { experiment, tab, selected, pinned, hidden } = state;
    const fresh: SavedView = { name, experiment, tab, selected, pinned, hidden, view: own };
    return this.change((saved) => {
      const others = saved.views.filter((one) => one.name !== name);
      return { ...saved, views: [...others, fresh].slice(-MOST_VIEWS).sort((a, b) => (a.name < b.name ? -1 : 1)) };
    });
  }

  remove(name: string): Promise<void> {
    return this.change((saved) => ({
      ...saved,
      views: saved.views.filter((one) => one.name !== name),
      defaults: Object.fromEntries(Object.entries(saved.defaults).filter(([, own]) => own !== name)),
    }));
  }

  /** Null: the experiment opens as it was left. */
  setDefault(experiment: string, name: string | null): Promise<void> {
    return this.change((saved) => {
      const defaults = Object.fromEntries(Object.entries(saved.defaults).filter(([key]) => key !== experiment));
      if (name !== null) setEntry(defaults, experiment, name);
      return { ...saved, defaults };
    });
  }

  defaultOf(experiment: string | null): SavedView | undefined {
    const name = experiment === null ? undefined : entryOf(this.saved?.defaults ?? {}, experiment);
    return this.saved?.views.find((one) => one.name === name);
  }

  show(saved: SavedView): void {
    const { experiment, tab, selected, pinned, hidden } = saved;
    const read: Partial<ViewSettings> = readView(saved.view);
    for (const key of OWN) delete read[key];
    this.parts.show({ ...(experiment !== null && { experiment }), tab, selected, pinned, hidden }, read);
  }

  private async change(work: (saved: SavedViews) => SavedViews): Promise<void> {
    // Someone else may have changed the file meanwhile.
    const next = work(await this.parts.read());
    await this.parts.write(next);
    this.saved = next;
    this.error = null;
    this.parts.onNews();
  }
}
