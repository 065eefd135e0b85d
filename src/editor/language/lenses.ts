/** Lenses above the parts of an experiment file. */
import * as vscode from 'vscode';
import { Disposables, type Disposable } from '../events.js';
import type { Places } from '../places.js';
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
    private readonly places: Places,
  ) {
    this.all.add(vscode.languages.registerCodeLensProvider(SELECTOR, this));
    this.all.add(states.onChange(() => this.changed.fire()));
    this.all.add(places.onChange(() => this.changed.fire()));
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
    const file = document.uri.fsPath;
    const place = parsed.experiment && (await this.places.shown(file, parsed.experiment));
    const texts = lensTexts(file, lenses, params, state, vscode.workspace.isTrusted, showsBest, place);
    return texts.map(({ line, title, tooltip, command, args }) => {
      const at = new vscode.Range(line, 0, line, 0);
      return new vscode.CodeLens(at, { title, command, arguments: args, ...(tooltip && { tooltip }) });
    });
  }
}
