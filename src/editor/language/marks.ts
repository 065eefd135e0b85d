/** Marks in the gutter of experiment files. */
import * as vscode from 'vscode';
import { Debounce, Disposables, type Disposable } from '../events.js';
import { affects, setting } from '../settings.js';
import { SELECTOR, type Documents } from './documents.js';
import type { FileStates } from './fileStates.js';
import { MARKS, marksOf, type Mark } from './markTexts.js';

export class Marks implements Disposable {
  private readonly all = new Disposables();
  private readonly types: Record<Mark, vscode.TextEditorDecorationType>;
  private readonly redraw = this.all.add(new Debounce(() => this.drawAll(), 100, 500));

  constructor(
    private readonly documents: Documents,
    private readonly states: FileStates,
    extensionUri: vscode.Uri,
    private readonly log: vscode.LogOutputChannel,
  ) {
    const icon = (mark: Mark, theme: string) => ({
      gutterIconPath: vscode.Uri.joinPath(extensionUri, 'media', 'gutter', `${mark}-${theme}.svg`),
    });
    const typeOf = (mark: Mark): vscode.TextEditorDecorationType =>
      this.all.add(
        vscode.window.createTextEditorDecorationType({
          gutterIconSize: 'contain',
          light: icon(mark, 'light'),
          dark: icon(mark, 'dark'),
        }),
      );
    this.types = {
      running: typeOf('running'),
      completed: typeOf('completed'),
      failed: typeOf('failed'),
      best: typeOf('best'),
    };
    const soon = (): void => this.redraw.schedule();
    this.all.add(states.onChange(soon));
    this.all.add(vscode.window.onDidChangeVisibleTextEditors(soon));
    this.all.add(vscode.workspace.onDidChangeTextDocument(soon));
    this.all.add(
      vscode.workspace.onDidChangeConfiguration(
        (event) => (affects(event, 'marks.enabled') || affects(event, 'best.show')) && soon(),
      ),
    );
    soon();
  }

  dispose(): void {
    this.all.dispose();
  }

  private drawAll(): void {
    for (const editor of vscode.window.visibleTextEditors)
      if (vscode.languages.match(SELECTOR, editor.document) > 0)
        this.draw(editor).catch((error: unknown) => this.log.warn(String(error)));
  }

  private async draw(editor: vscode.TextEditor): Promise<void> {
    const { document } = editor;
    const lines = setting('marks.enabled', document) ? await this.linesOf(document) : null;
    for (const mark of MARKS) {
      const ranges = (lines?.[mark] ?? []).filter((line) => line < document.lineCount);
      editor.setDecorations(
        this.types[mark],
        ranges.map((line) => new vscode.Range(line, 0, line, 0)),
      );
    }
  }

  private async linesOf(document: vscode.TextDocument): Promise<Record<Mark, number[]>> {
    const [{ parsed, lenses }, state] = await Promise.all([this.documents.read(document), this.states.of(document)]);
    const marks = marksOf(lenses, parsed.experiment?.params ?? null, state);
    return setting('best.show', document) === 'never' ? { ...marks, best: [] } : marks;
  }
}
