/** Answers the renderer of runs in notebooks. */
import * as vscode from 'vscode';
import { FromRenderer, type ToRenderer } from '../../protocol/notebook.js';
import type { Disposable } from '../events.js';
import { commandId } from '../manifest/commands.js';
import { RENDERER } from '../manifest/ids.js';

export class NotebookRenderer implements Disposable {
  private readonly listener: vscode.Disposable;

  constructor(log: vscode.LogOutputChannel) {
    const messaging = vscode.notebooks.createRendererMessaging(RENDERER);
    this.listener = messaging.onDidReceiveMessage(({ editor, message }) => {
      const { data } = FromRenderer.safeParse(message);
      // A notebook's output can post anything.
      if (data?.type === 'hello') {
        const texts: ToRenderer = { type: 'texts', texts: Object.entries(vscode.l10n.bundle ?? {}) };
        void messaging.postMessage(texts, editor);
      } else if (data?.type === 'open')
        void vscode.commands
          .executeCommand(commandId('run.show'), data.run)
          .then(undefined, (error: unknown) =>
            log.warn(`A run of a notebook: ${error instanceof Error ? error.message : String(error)}`),
          );
    });
  }

  dispose(): void {
    this.listener.dispose();
  }
}
