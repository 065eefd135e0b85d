/** The explorer: experiments → searches and runs → trials, page by page; a pipeline's run → its stages. */
import * as vscode from 'vscode';
import type { Experiment, Run } from '../../protocol/engine/index.js';
import { Debounce, Disposables } from '../events.js';
import { l10n } from '../../format/l10n.js';
import type { Engines, EnginesChange } from '../link/engines.js';
import type { FolderEngine } from '../link/folderEngine.js';
import type { FoundLogs } from '../logs/foundLogs.js';
import type { ShownLog } from '../logs/logViewer.js';
import { commandId } from '../manifest/commands.js';
import { CONTEXT, ITEM, VIEW } from '../manifest/ids.js';
import type { ListKey, RunList } from '../model/runList.js';
import { experimentRow, logGroupRow, logRow, logsRow, runRow, searchRow, type Row } from './items.js';
import { markdown } from './markdown.js';
import type { Node } from './node.js';
import { lookingText } from './texts.js';
import { runTooltip, searchTooltip } from './tooltip.js';

export class Explorer implements vscode.TreeDataProvider<Node>, vscode.Disposable {
  private readonly all = new Disposables();
  private readonly changed = this.all.add(new vscode.EventEmitter<Node[] | undefined>());
  readonly onDidChangeTreeData = this.changed.event;
  readonly view: vscode.TreeView<Node>;
  /** One object per row for as long as it lives: VS Code knows rows by identity. */
  private readonly nodes = new Map<string, Node>();
  /** Rows to redraw; null: everything. */
  private stale: Set<Node> | null = new Set();
  private hasRuns = false;
  private hasSearches = false;
  private readonly redraw = this.all.add(new Debounce(() => this.fire(), 60, 250));

  constructor(
    private readonly engines: Engines,
    private readonly foundLogs: FoundLogs,
  ) {
    this.view = this.all.add(
      vscode.window.createTreeView<Node>(VIEW.runs, {
        treeDataProvider: this,
        showCollapseAll: true,
        canSelectMany: true,
      }),
    );
    this.all.add(engines.onChange((change) => this.engineChanged(change)));
    this.all.add(engines.onFolders(() => this.markAll()));
    this.all.add(vscode.workspace.onDidGrantWorkspaceTrust(() => this.markAll()));
    this.all.add(this.view.onDidChangeVisibility(({ visible }) => visible && void this.engines.attach()));
    this.all.add(this.view.onDidChangeVisibility(({ visible }) => foundLogs.show(visible)));
    foundLogs.show(this.view.visible);
    this.all.add(foundLogs.onChange(() => this.markAll()));
  }

  dispose(): void {
    this.all.dispose();
  }

  /** Shows only runs with every word of the text; empty: all. */
  setFilter(text: string): void {
    for (const folder of this.engines.folders) folder.model.setFilter(text);
    this.view.description = text ? `“${text}”` : undefined;
    void vscode.commands.executeCommand('setContext', CONTEXT.filtered, text !== '');
  }

  async loadMore(node: Node): Promise<void> {
    if (node.kind === 'more') await node.folder.model.more(node.list);
  }

  /** Selects a run's row and expands its parents. */
  async reveal(folder: FolderEngine, run: Run): Promise<void> {
    const list = await folder.model.list({ experiment: run.experiment, search: run.search });
    if (!list.runs.some(({ id }) => id === run.id)) return;
    await this.view.reveal(this.node(`run/${run.id}`, { kind: 'run', folder, run }), { select: true, focus: false });
  }

  async getChildren(parent?: Node): Promise<Node[]> {
    try {
      return await this.children(parent);
    } catch {
      // The engine is gone; its rows come back when it does.
      return [];
    }
  }

  private async children(parent?: Node): Promise<Node[]> {
    if (!parent) return this.roots();
    switch (parent.kind) {
      case 'folder':
        return this.folderRows(parent.folder);
      case 'logs':
        return this.logGroups(parent.folder);
      case 'logGroup':
        return this.logRows(parent.folder, parent.logs);
      case 'experiment':
        return this.experiment(parent.folder, parent.experiment);
      case 'run':
        return parent.run.stages ? this.stages(parent.folder, parent.run) : [];
      case 'search':
        return this.rows(parent.folder, { experiment: parent.search.experiment, search: parent.search.id });
      default:
        return [];
    }
  }

  getParent(node: Node): Node | undefined {
    const { folder } = node;
    switch (node.kind) {
      case 'folder':
        return undefined;
      case 'experiment':
        return this.manyFolders ? this.node('', { kind: 'folder', folder }) : undefined;
      case 'search':
        return this.experimentNode(folder, node.search.experiment);
      case 'run': {
        const pipeline = node.below === undefined ? undefined : this.nodes.get(`run/${node.below}`);
        if (pipeline) return pipeline;
        const search = node.run.search === null ? undefined : folder.model.search(node.run.search);
        if (search) return this.node(`search/${search.id}`, { kind: 'search', folder, search });
        return this.experimentNode(folder, node.run.experiment);
      }
      case 'logs':
        return this.manyFolders ? this.node(folder.path, { kind: 'folder', folder }) : undefined;
      case 'logGroup':
        return this.nodes.get(`logs/${folder.path}`);
      case 'log':
        return this.nodes.get(this.groupId(folder, node.log)) ?? this.nodes.get(`logs/${folder.path}`);
      case 'more':
        return undefined;
    }
  }

  getTreeItem(node: Node): vscode.TreeItem {
    const { Collapsed, Expanded, None } = vscode.TreeItemCollapsibleState;
    switch (node.kind) {
      case 'folder': {
        const item = new vscode.TreeItem(node.folder.folder.name, Expanded);
        item.iconPath = vscode.ThemeIcon.Folder;
        item.resourceUri = node.folder.folder.uri;
        item.contextValue = ITEM.folder;
        item.id = `folder/${node.folder.path}`;
        return item;
      }
      case 'experiment': {
        const live = node.folder.model.liveIn(node.experiment.name);
        const row = experimentRow(node.experiment, live, Date.now());
        const alone = node.folder.model.experiments.length === 1;
        return this.item(row, this.idOf(node), alone || live > 0 ? Expanded : Collapsed);
      }
      case 'search':
        return this.item(searchRow(node.search), this.idOf(node), Collapsed);
      case 'run': {
        const item = this.item(
          runRow(node.run, this.isBest(node)),
          this.idOf(node),
          node.run.stages ? Collapsed : None,
        );
        item.command = { command: commandId('run.show'), title: l10n.t('Show in Panel'), arguments: [node] };
        return item;
      }
      case 'logs':
        return this.item(
          logsRow(this.foundLogs.in(node.folder).length, this.foundLogs.isCut(node.folder)),
          `logs/${node.folder.path}`,
          Collapsed,
        );
      case 'logGroup':
        return this.item(logGroupRow(node), this.groupId(node.folder, node), Collapsed);
      case 'log': {
        const item = this.item(logRow(node.log), `log/${node.folder.path}/${node.log.id}`, None);
        item.tooltip = l10n.t(
          '{0}\nRead-only: these are logs of another tool. Import makes them yours.',
          node.log.path,
        );
        item.command = { command: commandId('logs.show'), title: l10n.t('Show in Panel'), arguments: [node] };
        return item;
      }
      case 'more': {
        const item = new vscode.TreeItem(l10n.t('Load more…'), None);
        item.description = l10n.t('{0} older', node.left);
        item.iconPath = new vscode.ThemeIcon('ellipsis');
        item.contextValue = ITEM.more;
        item.command = { command: commandId('explorer.more'), title: l10n.t('Load more…'), arguments: [node] };
        return item;
      }
    }
  }

  resolveTreeItem(item: vscode.TreeItem, node: Node): vscode.TreeItem {
    if (node.kind === 'run') item.tooltip = markdown(runTooltip(node.run, Date.now()));
    if (node.kind === 'search') item.tooltip = markdown(searchTooltip(node.search));
    return item;
  }

  private get manyFolders(): boolean {
    return this.engines.folders.length > 1;
  }

  private roots(): Node[] | Promise<Node[]> {
    const folders = this.engines.folders.filter(
      (folder) => folder.model.experiments.length > 0 || this.foundLogs.in(folder).length > 0,
    );
    if (this.manyFolders) return folders.map((folder) => this.node(folder.path, { kind: 'folder', folder }));
    return folders[0] ? this.folderRows(folders[0]) : [];
  }

  /** Experiments first, then the logs of other tools, which a filter excludes. */
  private async folderRows(folder: FolderEngine): Promise<Node[]> {
    const experiments = await this.experiments(folder);
    if (folder.model.filter || this.foundLogs.in(folder).length === 0) return experiments;
    return [...experiments, this.node(`logs/${folder.path}`, { kind: 'logs', folder })];
  }

  /** Groups by experiment, if there are several. */
  private logGroups(folder: FolderEngine): Node[] {
    const logs = this.foundLogs.in(folder);
    const groups = new Map<string, ShownLog[]>();
    for (const log of logs) {
      const id = this.groupId(folder, log);
      const group = groups.get(id);
      if (group) group.push(log);
      else groups.set(id, [log]);
    }
    if (groups.size <= 1) return this.logRows(folder, logs);
    return [...groups].map(([id, some]) => {
      const { title, experiment } = some[0]!;
      return this.node(id, { kind: 'logGroup', folder, title, experiment, logs: some });
    });
  }

  private logRows(folder: FolderEngine, logs: readonly ShownLog[]): Node[] {
    return logs.map((log) => this.node(`log/${folder.path}/${log.id}`, { kind: 'log', folder, log }));
  }

  private groupId(folder: FolderEngine, { title, experiment }: { title: string; experiment: string }): string {
    return `logGroup/${folder.path}/${JSON.stringify([title, experiment])}`;
  }

  private async experiments(folder: FolderEngine): Promise<Node[]> {
    const nodes = folder.model.experiments
      .toSorted((a, b) => b.lastActivity - a.lastActivity)
      .map((experiment) =>
        this.node(`experiment/${folder.path}/${experiment.name}`, { kind: 'experiment', folder, experiment }),
      );
    if (!folder.model.filter) return nodes;
    // With a filter, experiments without a match are hidden.
    const shown = await Promise.all(
      nodes.map(
        async (node) => node.kind === 'experiment' && (await this.experiment(folder, node.experiment)).length > 0,
      ),
    );
    return nodes.filter((_, at) => shown[at]);
  }

  private async experiment(folder: FolderEngine, { name }: Experiment): Promise<Node[]> {
    const [searches, rows] = await Promise.all([
      this.searches(folder, name),
      this.rows(folder, { experiment: name, search: null }),
    ]);
    return [...searches, ...rows];
  }

  private async searches(folder: FolderEngine, experiment: string): Promise<Node[]> {
    const searches = await folder.model.searchesIn(experiment);
    const nodes = searches.map((search) => this.node(`search/${search.id}`, { kind: 'search', folder, search }));
    if (!folder.model.filter) return nodes;
    const lists = await Promise.all(searches.map(({ id }) => folder.model.list({ experiment, search: id })));
    return nodes.filter((_, at) => lists[at]!.total > 0);
  }

  /** Runs of a pipeline's stages, those that another pipeline has started included. */
  private async stages(folder: FolderEngine, { id }: Run): Promise<Node[]> {
    const runs = await folder.model.stagesOf(id);
    // A stage that several pipelines share has a row below each of them.
    return runs.map((run) => this.node(`stage/${id}/${run.id}`, { kind: 'run', folder, run, below: id }));
  }

  private async rows(folder: FolderEngine, key: ListKey): Promise<Node[]> {
    const list: RunList = await folder.model.list(key);
    const nodes: Node[] = list.runs.map((run) => this.node(`run/${run.id}`, { kind: 'run', folder, run }));
    if (list.left > 0) nodes.push({ kind: 'more', folder, list: key, left: list.left });
    return nodes;
  }

  private isBest({ folder, run }: { folder: FolderEngine; run: Run }): 'experiment' | 'search' | null {
    if (folder.model.isBest(run)) return 'experiment';
    return run.search !== null && folder.model.search(run.search)?.best?.run === run.id ? 'search' : null;
  }

  private item(row: Row, id: string, state: vscode.TreeItemCollapsibleState): vscode.TreeItem {
    const item = new vscode.TreeItem(row.label, state);
    item.id = id;
    item.description = row.description;
    item.iconPath = new vscode.ThemeIcon(
      row.icon.id,
      row.icon.color ? new vscode.ThemeColor(row.icon.color) : undefined,
    );
    item.contextValue = row.context;
    item.accessibilityInformation = { label: row.accessible };
    return item;
  }

  private idOf(node: Node): string {
    switch (node.kind) {
      case 'experiment':
        return `experiment/${node.folder.path}/${node.experiment.name}`;
      case 'search':
        return `search/${node.search.id}`;
      case 'run':
        return node.below === undefined ? `run/${node.run.id}` : `stage/${node.below}/${node.run.id}`;
      default:
        return '';
    }
  }

  private experimentNode(folder: FolderEngine, name: string): Node | undefined {
    return this.nodes.get(`experiment/${folder.path}/${name}`);
  }

  /** The row's object, with the newest data laid in. */
  private node<N extends Node>(id: string, fresh: N): N {
    const node = this.nodes.get(id);
    if (node) return Object.assign(node, fresh) as N;
    this.nodes.set(id, fresh);
    return fresh;
  }

  private engineChanged({ folder, model }: EnginesChange): void {
    if (!model) return this.redraw.schedule();
    if (model.experiments) return this.markAll();
    for (const { experiment, search } of model.lists)
      this.mark(search === null ? `experiment/${folder.path}/${experiment}` : `search/${search}`);
    for (const name of model.counts) {
      const node = this.nodes.get(`experiment/${folder.path}/${name}`);
      const experiment = folder.model.experiments.find((each) => each.name === name);
      if (node?.kind === 'experiment' && experiment) node.experiment = experiment;
      this.mark(`experiment/${folder.path}/${name}`);
    }
    for (const experiment of model.searchLists) this.mark(`experiment/${folder.path}/${experiment}`);
    for (const { before, now } of model.searches) {
      const node = this.nodes.get(`search/${now.id}`);
      if (node?.kind === 'search') node.search = now;
      this.mark(`search/${now.id}`);
      // The star moves.
      if (before?.best?.run !== now.best?.run)
        for (const best of [before?.best, now.best]) if (best) this.mark(`run/${best.run}`);
    }
    for (const id of model.bests) this.mark(`run/${id}`);
    for (const { before, now } of model.runs) {
      const node = this.nodes.get(`run/${now.id}`);
      if (node?.kind === 'run') node.run = now;
      this.mark(`run/${now.id}`);
      if (now.stage) this.mark(`run/${now.stage.pipeline}`);
      if (before?.status !== now.status) this.mark(`experiment/${folder.path}/${now.experiment}`);
    }
    this.redraw.schedule();
  }

  private mark(id: string): void {
    const node = this.nodes.get(id);
    if (node) this.stale?.add(node);
  }

  private markAll(): void {
    this.stale = null;
    this.redraw.schedule();
  }

  private fire(): void {
    const stale = this.stale;
    this.stale = new Set();
    if (stale === null) this.changed.fire(undefined);
    else if (stale.size > 0) this.changed.fire([...stale]);
    const hasRuns = this.engines.folders.some((folder) => folder.model.experiments.length > 0);
    if (hasRuns !== this.hasRuns) void vscode.commands.executeCommand('setContext', CONTEXT.hasRuns, hasRuns);
    this.hasRuns = hasRuns;
    const hasSearches = this.engines.folders.some(({ model }) =>
      model.experiments.some(({ searches }) => searches > 0),
    );
    if (hasSearches !== this.hasSearches)
      void vscode.commands.executeCommand('setContext', CONTEXT.hasSearches, hasSearches);
    this.hasSearches = hasSearches;
    const live = this.engines.folders.reduce((sum, folder) => sum + folder.model.liveRuns.length, 0);
    this.view.badge = live > 0 ? { value: live, tooltip: l10n.t('{0} live runs', live) } : undefined;
    this.view.message = this.trouble();
  }

  /** Why nothing moves, when the engine can't be reached. */
  private trouble(): string | undefined {
    for (const { state, folder, model, isOnlyLookedAt, lookedAt } of this.engines.folders) {
      if (isOnlyLookedAt && lookedAt && lookedAt.of > 0) return lookingText(lookedAt);
      if (state.kind !== 'disconnected') continue;
      const { error, retryAt } = state;
      if (error.kind === 'not-running' || (error.kind === 'closed' && retryAt === null))
        return model.loaded
          ? l10n.t('The engine of {0} is stopped. It starts with the next action.', folder.name)
          : undefined;
      return error.message.split('\n')[0];
    }
    return undefined;
  }
}
