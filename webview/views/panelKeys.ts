/** Keys that work everywhere in the panel. */
import type { PanelState } from '../../src/protocol/panel/index.js';
import { l10n } from '../../src/format/l10n.js';
import type { PanelModel } from '../model/panel.js';
import { closePage } from '../model/page/pages.js';
import { openHelp } from './help.js';
import { openViews } from './savedViews.js';

const TABS: readonly PanelState['tab'][] = ['charts', 'table', 'media', 'insight', 'form'];

/** Returns whether the key belongs to a field in which a person types. */
function isTyping(event: KeyboardEvent): boolean {
  const [target] = event.composedPath();
  return (
    target instanceof Element && target.closest('input:not([type=checkbox], [type=range]), textarea, select') !== null
  );
}

/** Carries out a key's action; returns whether it has one. */
export function panelKey(model: PanelModel, event: KeyboardEvent): boolean {
  if (document.querySelector('dialog[open], ts-menu') !== null || isTyping(event)) return false;
  const command = event.ctrlKey || event.metaKey;
  // The editor prevents the browser's own undo in every webview, and hands the key on.
  if (command && !event.altKey && event.key.toLowerCase() === 'z') return step(model, event.shiftKey ? 'redo' : 'undo');
  if (command && event.key.toLowerCase() === 'y') return step(model, 'redo');
  if (command || event.altKey || event.defaultPrevented) return false;
  const tab = TABS[Number(event.key) - 1];
  if (tab) model.setState({ tab });
  else if (event.key === '?') openHelp();
  else if (event.key === 'v') openViews(model);
  else if (event.key === '/') return focusFilter();
  else if (event.key === 'Escape' && model.state.page) closePage(model);
  else return false;
  return true;
}

function step(model: PanelModel, what: 'undo' | 'redo'): boolean {
  void model.history[what]()
    .then((did) => did && model.announcer.say(what === 'undo' ? l10n.t('Undone') : l10n.t('Redone')))
    .catch((error: unknown) => model.fail(what === 'undo' ? l10n.t('Undoing') : l10n.t('Redoing'), error));
  return true;
}

function focusFilter(): boolean {
  const field = document.querySelector<HTMLElement>('main ts-filter input, main vscode-text-field');
  field?.focus();
  return field !== null;
}
