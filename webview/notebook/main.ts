/**
 * Renderer of runs in notebooks: draws the kernel's output below a cell, with the editor's colors and a link to the
 * panel.
 */
import { filled, useTranslations } from '../../src/format/l10n.js';
import { NotebookRun, ToRenderer, type FromRenderer } from '../../src/protocol/notebook.js';
import { drawCard, drawProblem } from './card.js';

interface OutputItem {
  id: string;
  json(): unknown;
}

/** The part of the editor's renderer API that is used; messages are missing where no extension can answer. */
interface Context {
  postMessage?(message: unknown): void;
  onDidReceiveMessage?(listener: (message: unknown) => void): void;
}

export function activate(context: Context) {
  const shown = new Map<string, { element: HTMLElement; draw: () => void }>();
  const post = context.postMessage && ((message: FromRenderer) => context.postMessage!(message));
  context.onDidReceiveMessage?.((message) => {
    const { data } = ToRenderer.safeParse(message);
    if (!data) return;
    const translations = new Map(data.texts);
    useTranslations((text, ...args) => filled(translations.get(text) ?? text, args));
    for (const { draw } of shown.values()) draw();
  });
  post?.({ type: 'hello' });
  return {
    renderOutputItem(item: OutputItem, element: HTMLElement): void {
      let given: unknown;
      try {
        given = item.json();
      } catch {
        given = undefined;
      }
      const { data: run } = NotebookRun.safeParse(given);
      const open = post && run ? () => post({ type: 'open', run: run.id }) : undefined;
      const draw = (): void => (run ? drawCard(element, run, open) : drawProblem(element));
      shown.set(item.id, { element, draw });
      draw();
    },
    disposeOutputItem(id?: string): void {
      if (id === undefined) shown.clear();
      else shown.delete(id);
    },
  };
}
