/** The preview of reports: a custom editor beside the text, whose blocks are drawn again while runs go on. */
import * as vscode from 'vscode';
import { Disposables, type Disposable } from '../events.js';
import { REPORT_EDITOR } from '../manifest/ids.js';
import { Preview, type ReportEditorOptions } from './preview.js';

export class ReportEditors implements vscode.CustomTextEditorProvider, Disposable {
  private readonly all = new Disposables();
  private readonly previews = new Set<Preview>();

  constructor(private readonly options: ReportEditorOptions) {
    this.all.add(
      vscode.window.registerCustomEditorProvider(REPORT_EDITOR, this, { supportsMultipleEditorsPerDocument: true }),
    );
  }

  resolveCustomTextEditor(document: vscode.TextDocument, webview: vscode.WebviewPanel): void {
    const preview = new Preview(document, webview, this.options);
    this.previews.add(preview);
    webview.onDidDispose(() => {
      this.previews.delete(preview);
      preview.dispose();
    });
  }

  dispose(): void {
    for (const preview of this.previews) preview.dispose();
    this.all.dispose();
  }
}
