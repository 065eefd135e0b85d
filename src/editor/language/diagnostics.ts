/** Problems of experiment files, underlined as the person types, and their quick fixes. */
import * as vscode from 'vscode';
import type { FileProblem } from '../../protocol/engine/index.js';
import { Debounce, Disposables, type Disposable } from '../events.js';
import { l10n } from '../../format/l10n.js';
import { isExperimentDocument, SELECTOR, type Documents } from './documents.js';

const SOURCE = 'Tunesmith';
const SUGGESTION = /did you mean ["'`“]([^"'`”]+)["'`”]/i;

export class Diagnostics implements vscode.CodeActionProvider, Disposable {
  private readonly all = new Disposables();
  private readonly collection = this.all.add(vscode.languages.createDiagnosticCollection('tunesmith'));
  private readonly timers = new Map<string, Debounce>();

  constructor(
    private readonly documents: Documents,
    private readonly log: vscode.LogOutputChannel,
  ) {
    this.all.add(vscode.workspace.onDidOpenTextDocument((document) => this.check(document, 0)));
    this.all.add(vscode.workspace.onDidChangeTextDocument(({ document }) => this.check(document, 250)));
    this.all.add(vscode.workspace.onDidCloseTextDocument(({ uri }) => this.forget(uri)));
    this.all.add(
      vscode.languages.registerCodeActionsProvider(SELECTOR, this, {
        providedCodeActionKinds: [vscode.CodeActionKind.QuickFix],
      }),
    );
    for (const document of vscode.workspace.textDocuments) this.check(document, 0);
  }

  dispose(): void {
    for (const timer of this.timers.values()) timer.dispose();
    this.all.dispose();
  }

  provideCodeActions(document: vscode.TextDocument, _range: vscode.Range, context: vscode.CodeActionContext) {
    return context.diagnostics.flatMap((diagnostic) => {
      const wanted = diagnostic.source === SOURCE ? SUGGESTION.exec(diagnostic.message)?.[1] : undefined;
      if (!wanted) return [];
      const action = new vscode.CodeAction(l10n.t('Change to “{0}”', wanted), vscode.CodeActionKind.QuickFix);
      action.diagnostics = [diagnostic];
      action.isPreferred = true;
      action.edit = new vscode.WorkspaceEdit();
      action.edit.replace(document.uri, diagnostic.range, requote(document.getText(diagnostic.range), wanted));
      return [action];
    });
  }

  private check(document: vscode.TextDocument, wait: number): void {
    if (!isExperimentDocument(document)) return;
    const key = document.uri.toString();
    this.timers.get(key)?.dispose();
    const timer = new Debounce(() => void this.publish(document), wait);
    this.timers.set(key, timer);
    timer.schedule();
  }

  private async publish(document: vscode.TextDocument): Promise<void> {
    if (document.isClosed) return;
    try {
      const { version, parsed } = await this.documents.read(document);
      if (version === document.version && !document.isClosed)
        this.collection.set(document.uri, parsed.problems.map(toDiagnostic));
    } catch (error) {
      this.log.error(error instanceof Error ? error : String(error));
    }
  }

  private forget(uri: vscode.Uri): void {
    this.timers.get(uri.toString())?.dispose();
    this.timers.delete(uri.toString());
    this.collection.delete(uri);
  }
}

export function rangeOf({ line, column, endLine, endColumn }: FileProblem): vscode.Range {
  return new vscode.Range(line - 1, column - 1, endLine - 1, endColumn - 1);
}

function toDiagnostic(problem: FileProblem): vscode.Diagnostic {
  const { Error, Warning } = vscode.DiagnosticSeverity;
  const message = problem.hint ? `${problem.message}\n${problem.hint}` : problem.message;
  const diagnostic = new vscode.Diagnostic(rangeOf(problem), message, problem.severity === 'error' ? Error : Warning);
  diagnostic.source = SOURCE;
  return diagnostic;
}

/** The new word with the quotes that the old one had. */
function requote(old: string, wanted: string): string {
  const quote = /^(["']).*\1$/s.exec(old.trim())?.[1] ?? '';
  return `${quote}${wanted}${quote}`;
}
