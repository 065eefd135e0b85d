/** Lenses above the parts of an experiment file. */
import * as vscode from 'vscode';
import { Disposables, type Disposable } from '../events.js';
import { affects, setting } from '../settings.js';
import { SELECTOR, type Documents } from './documents.js';
import type { FileStates } from './fileStates.js';
import { lensTexts } from './lensTexts.js';

export class Lenses implements vscode.CodeLensProvider, Disposable {
  private readonly all = new Disposables();
  private readonly changed = this.all.add(new vscode.EventEmitter<void>());
  readonly onDidChangeCodeLenses = this.changed.event;

  constructor(
    private readonly documents: Documents,
    private readonly states: FileStates,
  ) {
    this.all.add(vscode.languages.registerCodeLensProvider(SELECTOR, this));
    this.all.add(states.onChange(() => this.changed.fire()));
    this.all.add(vscode.workspace.onDidGrantWorkspaceTrust(() => this.changed.fire()));
    this.all.add(
      vscode.workspace.onDidChangeConfiguration(
        (event) => (affects(event, 'lenses.enabled') || affects(event, 'best.show')) && this.changed.fire(),
      ),
    );
  }

  dispose(): void {
    this.all.dispose();
  }

  async provideCodeLenses(document: vscode.TextDocument): Promise<vscode.CodeLens[]> {
    if (!setting('lenses.enabled', document)) return [];
    const [{ parsed, lenses }, state] = await Promise.all([this.documents.read(document), this.states.of(document)]);
    const params = parsed.experiment?.params ?? null;
    const showsBest = setting('best.show', document) === 'lens';
    const texts = lensTexts(document.uri.fsPath, lenses, params, state, vscode.workspace.isTrusted, showsBest);
    return texts.map(({ line, title, tooltip, command, args }) => {
      const at = new vscode.Range(line, 0, line, 0);
      return new vscode.CodeLens(at, { title, command, arguments: args, ...(tooltip && { tooltip }) });
    });
  }
}
