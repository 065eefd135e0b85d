/** The engine's results for each open experiment file, for lenses and hovers. Requested again when its runs change. */
import * as vscode from 'vscode';
import type { Search } from '../../protocol/engine/index.js';
import { isLiveSearch } from '../explorer/items.js';
import type { FolderEngine } from '../link/folderEngine.js';
import { Debounce, Disposables, Emitter, type Disposable } from '../events.js';
import type { Engines, EnginesChange } from '../link/engines.js';
import type { Documents } from './documents.js';
import { NOTHING, type FileState } from './lensTexts.js';

const RECENT = 10;

interface Known {
  state: FileState;
  fresh: boolean;
  loading: Promise<void> | null;
}

export class FileStates implements Disposable {
  private readonly all = new Disposables();
  private readonly known = new Map<string, Known>();
  private readonly shares = new Map<string, { version: string; shares: Record<string, number> | null }>();
  private readonly changes = this.all.add(new Emitter<void>());
  readonly onChange = this.changes.event;
  private readonly tell = this.all.add(new Debounce(() => this.changes.fire(), 300, 900));

  constructor(
    private readonly engines: Engines,
    private readonly documents: Documents,
  ) {
    this.all.add(engines.onChange((change) => this.engineChanged(change)));
    this.all.add(vscode.workspace.onDidCloseTextDocument(({ uri }) => this.known.delete(uri.fsPath)));
  }

  dispose(): void {
    this.all.dispose();
  }

  /** Without a connection, the last known state is shown. */
  async of(document: vscode.TextDocument): Promise<FileState> {
    const file = document.uri.fsPath;
    return this.get(file, async () => (await this.documents.read(document)).parsed.experiment?.name);
  }

  /** The runs of a plain script, by its path. */
  ofScript(file: string): Promise<FileState> {
    return this.get(file, () => Promise.resolve(undefined));
  }

  private async get(file: string, nameOf: () => Promise<string | undefined>): Promise<FileState> {
    const folder = this.engines.of(file);
    let known = this.known.get(file);
    if (!folder?.isReadable) return known?.state ?? NOTHING;
    if (!known) this.known.set(file, (known = { state: NOTHING, fresh: false, loading: null }));
    const entry = known;
    // Twice, if its runs changed while it was read; after that the next change asks again.
    for (let round = 0; round < 2 && !entry.fresh; round++) {
      entry.loading ??= this.load(file, nameOf, entry).finally(() => (entry.loading = null));
      await entry.loading;
    }
    return entry.state;
  }

  private async load(file: string, nameOf: () => Promise<string | undefined>, known: Known): Promise<void> {
    const folder = this.engines.of(file);
    if (!folder) return;
    known.fresh = true;
    try {
      const experiment = await nameOf();
      const [{ best }, { searches }, { runs }] = await Promise.all([
        folder.request('best/of', { file }),
        folder.request('searches/list', { file }),
        folder.request('runs/list', { ...(experiment && { experiment }), search: null, limit: RECENT }),
      ]);
      const newest = searches.toSorted((a, b) => b.createdAt - a.createdAt);
      const importance = await this.importanceOf(
        folder,
        newest.find((one) => !isLiveSearch(one)),
      );
      const own = runs.filter((run) => run.file === file);
      known.state = { best, searches: newest, runs: own, ...(importance && { importance }) };
    } catch {
      // The engine is gone; the last known state stays until it is back.
      known.fresh = false;
    }
  }

  /** Shares of importance in a search that has ended; null if too few trials say anything. */
  private async importanceOf(folder: FolderEngine, search: Search | undefined): Promise<Record<string, number> | null> {
    if (!search) return null;
    const version = JSON.stringify([search.id, search.counts]);
    const known = this.shares.get(search.id);
    if (known?.version === version) return known.shares;
    const answer = await folder.request('searches/insight', { id: search.id, parts: ['importance'] }).catch(() => null);
    const importance = answer?.importance;
    const shares =
      importance && 'shares' in importance
        ? Object.fromEntries(importance.shares.map(({ name, share }) => [name, share]))
        : null;
    this.shares.set(search.id, { version, shares });
    return shares;
  }

  private engineChanged({ folder, model }: EnginesChange): void {
    let any = false;
    const stale = (file: string | null) => {
      const known = file === null ? undefined : this.known.get(file);
      if (known) known.fresh = false;
      any ||= known !== undefined;
    };
    if (!model || model.experiments) {
      for (const file of this.known.keys()) if (this.engines.of(file) === folder) stale(file);
      any ||= model === null;
    } else {
      for (const { now } of model.runs) stale(now.file);
      for (const { now } of model.searches) stale(now.file);
      if (model.lists.length > 0)
        for (const file of this.known.keys()) if (this.engines.of(file) === folder) stale(file);
    }
    if (any) this.tell.schedule();
  }
}
