/** Translates texts into the display language, with the bundle that the editor has loaded. */
import * as vscode from 'vscode';
import { filled, type Translate } from '../format/l10n.js';
import { retelling } from '../format/retold.js';
import { entryOf } from '../protocol/values/records.js';

const texts = vscode.l10n.bundle ?? {};

/** Filled by our own rule, which leaves other braces alone, such as those of a placeholder. */
export const translate: Translate = (message, ...values) => filled(entryOf(texts, message) ?? message, values);
translate.retell = retelling(texts);
