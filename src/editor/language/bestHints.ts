/** Best values behind the values in experiment files, as inlay hints. */
import * as vscode from 'vscode';
import { Disposables, type Disposable } from '../events.js';
import { l10n } from '../../format/l10n.js';
import { affects, setting } from '../settings.js';
import { SELECTOR, type Documents } from './documents.js';
import type { FileStates } from './fileStates.js';
import { bestValues } from './lensTexts.js';

export class BestHints implements vscode.InlayHintsProvider, Disposable {
  private readonly all = new Disposables();
  private readonly changed = this.all.add(new vscode.EventEmitter<void>());
  readonly onDidChangeInlayHints = this.changed.event;

  constructor(
    private readonly documents: Documents,
    private readonly states: FileStates,
  ) {
    this.all.add(vscode.languages.registerInlayHintsProvider(SELECTOR, this));
    this.all.add(states.onChange(() => this.changed.fire()));
    this.all.add(
      vscode.workspace.onDidChangeConfiguration((event) => affects(event, 'best.show') && this.changed.fire()),
    );
  }

  dispose(): void {
    this.all.dispose();
  }

  async provideInlayHints(document: vscode.TextDocument, range: vscode.Range): Promise<vscode.InlayHint[]> {
    if (setting('best.show', document) !== 'inline') return [];
    const [{ parsed, lenses }, state] = await Promise.all([this.documents.read(document), this.states.of(document)]);
    return bestValues(lenses, parsed.experiment?.params ?? null, state).flatMap(({ line, value, tooltip }) => {
      if (line < range.start.line || line > range.end.line || line >= document.lineCount) return [];
      const text = document.lineAt(line).text;
      const written = text
        .replace(/\s+#.*$/, '')
        .trimEnd()
        .replace(/,$/, '');
      const hint = new vscode.InlayHint(new vscode.Position(line, written.length), l10n.t('best {0}', value));
      hint.paddingLeft = true;
      hint.tooltip = tooltip;
      const own = /^\s*[^:]+:\s*/.exec(written)?.[0].length;
      // A value in a block or a search space is no scalar that could be replaced here.
      if (own !== undefined && own < written.length && !/^[[{|>&*!]/.test(written.slice(own)))
        hint.textEdits = [vscode.TextEdit.replace(new vscode.Range(line, own, line, written.length), value)];
      return [hint];
    });
  }
}
