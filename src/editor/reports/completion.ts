/** Completion and hovers within the live blocks of reports, and their mistakes in the text. */
import * as vscode from 'vscode';
import { Debounce, Disposables, type Disposable } from '../events.js';
import type { Engines } from '../link/engines.js';
import { REPORT_GLOB } from '../manifest/ids.js';
import { loadReports } from './bundle.js';

const SELECTOR: vscode.DocumentSelector = [{ scheme: 'file', pattern: REPORT_GLOB }];
/** Keys whose values are names of metrics. */
const METRIC_KEYS = ['metrics', 'right', 'xMetric'];
/** Keys whose values are columns. */
const COLUMN_KEYS = ['columns', 'sort', 'groupBy', 'colorBy', 'dashBy', 'x', 'y', 'color', 'target', 'params'];
const FACTS = ['objective', 'status', 'duration', 'createdAt', 'tags', 'search', 'device', 'name'];

export class ReportLanguage implements Disposable {
  private readonly all = new Disposables();
  private readonly problems = this.all.add(vscode.languages.createDiagnosticCollection('tunesmith-reports'));
  private readonly changed = new Set<vscode.TextDocument>();
  private readonly check = this.all.add(new Debounce(() => this.checkChanged(), 300));

  constructor(
    private readonly engines: Engines,
    private readonly distFolder: string,
  ) {
    this.all.add(
      vscode.languages.registerCompletionItemProvider(
        SELECTOR,
        { provideCompletionItems: (document, position) => this.complete(document, position) },
        ...[' ', ':', '`'],
      ),
    );
    const look = (document: vscode.TextDocument): void => {
      if (vscode.languages.match(SELECTOR, document) === 0) return;
      this.changed.add(document);
      this.check.schedule();
    };
    this.all.add(vscode.workspace.onDidOpenTextDocument(look));
    this.all.add(vscode.workspace.onDidChangeTextDocument(({ document }) => look(document)));
    this.all.add(vscode.workspace.onDidCloseTextDocument(({ uri }) => this.problems.delete(uri)));
    vscode.workspace.textDocuments.forEach(look);
  }

  dispose(): void {
    this.all.dispose();
  }

  /** Underlines mistakes that need no runs to be found. */
  private checkChanged(): void {
    const { readDocument } = loadReports(this.distFolder);
    for (const document of this.changed) {
      if (document.isClosed) continue;
      const read = readDocument(document.getText());
      const problems = [...read.problems, ...read.blocks.flatMap((block) => block.problems)];
      this.problems.set(
        document.uri,
        problems.map(({ line, column, endColumn, message, hint }) => {
          const text = document.lineAt(Math.min(line, document.lineCount) - 1);
          const end = endColumn ?? text.text.length + 1;
          const range = new vscode.Range(line - 1, column - 1, line - 1, Math.max(column, end) - 1);
          const made = new vscode.Diagnostic(range, hint === '' ? message : `${message} ${hint}`);
          made.source = 'Tunesmith';
          return made;
        }),
      );
    }
    this.changed.clear();
  }

  private async complete(
    document: vscode.TextDocument,
    position: vscode.Position,
  ): Promise<vscode.CompletionItem[] | undefined> {
    const { BLOCK_KINDS, BLOCKS, keyHelp } = loadReports(this.distFolder);
    const before = document.lineAt(position).text.slice(0, position.character);
    if (/^\s*```tunesmith\s+\w*$/.test(before))
      return BLOCK_KINDS.map((kind) => new vscode.CompletionItem(kind, vscode.CompletionItemKind.Class));
    const block = blockAround(document, position);
    const kind = BLOCK_KINDS.find((one) => one === block?.kind);
    if (!block || !kind) return undefined;
    if (/^\s*\w*$/.test(before)) {
      return Object.keys(BLOCKS[kind].shape)
        .filter((key) => !block.keys.has(key))
        .map((key) => {
          const item = new vscode.CompletionItem(key, vscode.CompletionItemKind.Property);
          item.insertText = `${key}: `;
          item.detail = keyHelp(key);
          item.command = { command: 'editor.action.triggerSuggest', title: '' };
          return item;
        });
    }
    const key = /^\s*(\w+)\s*:/.exec(before)?.[1];
    return key === undefined ? undefined : this.values(document, key, block.experiment);
  }

  private async values(
    document: vscode.TextDocument,
    key: string,
    experiment: string | undefined,
  ): Promise<vscode.CompletionItem[]> {
    const folder = this.engines.of(document.uri.fsPath);
    const items = (texts: readonly string[], what = vscode.CompletionItemKind.Value): vscode.CompletionItem[] =>
      texts.map((text) => {
        const item = new vscode.CompletionItem(text, what);
        // A name that YAML would read as something else is quoted.
        item.insertText = /^[\w./ -]+$/.test(text) && !/^[\d.-]/.test(text) ? text : JSON.stringify(text);
        return item;
      });
    const fixed = fixedValues(key);
    if (!folder) return items(fixed);
    if (key === 'experiment')
      return items((await folder.look('experiments/list', {})).experiments.map(({ name }) => name));
    if (!METRIC_KEYS.includes(key) && !COLUMN_KEYS.includes(key)) return items(fixed);
    const { params, metrics } = await folder.look('runs/columns', experiment === undefined ? {} : { experiment });
    return [
      ...items(fixed, vscode.CompletionItemKind.EnumMember),
      ...(COLUMN_KEYS.includes(key) ? items(params, vscode.CompletionItemKind.Variable) : []),
      ...items(metrics, vscode.CompletionItemKind.Field),
      ...(COLUMN_KEYS.includes(key) ? items(FACTS, vscode.CompletionItemKind.Constant) : []),
    ];
  }
}

function fixedValues(key: string): string[] {
  switch (key) {
    case 'x':
      return ['step', 'epoch', 'time', 'wall', 'metric'];
    case 'smoothKind':
      return ['exponential', 'gaussian', 'mean'];
    case 'band':
      return ['sd', 'se', 'range', 'quantiles', 'none'];
    case 'goal':
      return ['minimize', 'maximize'];
    case 'logX':
    case 'logY':
    case 'legend':
    case 'descending':
    case 'all':
      return ['true', 'false'];
    default:
      return [];
  }
}

interface Around {
  kind: string;
  keys: Set<string>;
  experiment: string | undefined;
}

/** The live block that a place is in; null outside. */
function blockAround(document: vscode.TextDocument, { line }: vscode.Position): Around | null {
  let start = line;
  while (start >= 0 && !document.lineAt(start).text.startsWith('```')) start--;
  const kind = start >= 0 && start < line ? /^```tunesmith\s+(\w+)/.exec(document.lineAt(start).text)?.[1] : undefined;
  if (kind === undefined) return null;
  const keys = new Set<string>();
  let experiment: string | undefined;
  for (let at = start + 1; at < document.lineCount; at++) {
    const { text } = document.lineAt(at);
    if (text.startsWith('```')) break;
    const match = /^(\w+)\s*:\s*(.*)$/.exec(text);
    if (!match) continue;
    keys.add(match[1]!);
    if (match[1] === 'experiment') experiment = match[2]!.replace(/^["']|["']$/g, '').trim() || undefined;
  }
  return { kind, keys, experiment };
}
