/** Lets the person change hyperparameters one after the other, each checked as it is typed. */
import * as vscode from 'vscode';
import type { FileForm } from '../../protocol/panel.js';
import type { ParamValue, Params } from '../../protocol/values.js';
import { formatParam } from '../../format/numbers.js';
import { l10n } from '../l10n.js';
import { readValue } from './readValue.js';
import { entryOf, hasEntry, setEntry } from '../../protocol/records.js';

/** A problem with the value, or undefined when it is well. */
export type Check = (name: string, value: ParamValue) => Promise<string | undefined>;
type Field = FileForm['fields'][number];

/** The changed values; throws CancellationError when the person leaves. `go` names what happens at the end. */
export async function askParams(title: string, go: string, fields: readonly Field[], check: Check): Promise<Params> {
  const changed: Params = {};
  for (;;) {
    const items = [
      { label: `$(play) ${go}`, description: Object.keys(changed).length === 0 ? '' : changes(changed), field: null },
      { label: '', kind: vscode.QuickPickItemKind.Separator, field: null },
      ...fields.map((field) => {
        const { name, value, description } = field;
        const text = hasEntry(changed, name)
          ? `${formatParam(value)} → ${formatParam(entryOf(changed, name)!)}`
          : formatParam(value);
        return { label: name, description: text, ...(description && { detail: description }), field };
      }),
    ];
    const picked = await vscode.window.showQuickPick(items, {
      title,
      placeHolder: l10n.t('Choose a parameter to change'),
    });
    if (!picked) throw new vscode.CancellationError();
    if (!picked.field) return changed;
    const value = await askValue(picked.field, entryOf(changed, picked.field.name) ?? picked.field.value, check);
    if (value !== undefined) setEntry(changed, picked.field.name, value);
  }
}

async function askValue(field: Field, present: ParamValue, check: Check): Promise<ParamValue | undefined> {
  const choices = field.kind === 'switch' ? [true, false] : field.choices;
  if (choices) {
    const items = choices.map((value) => ({ label: formatParam(value), picked: value === present, value }));
    return (await vscode.window.showQuickPick(items, { title: field.name }))?.value;
  }
  const text = await vscode.window.showInputBox({
    title: field.name,
    value: typeof present === 'string' ? present : JSON.stringify(present),
    ...(field.description && { prompt: field.description }),
    validateInput: async (typed) => {
      const read = readValue(typed, field.kind);
      return read.problem ?? (await check(field.name, read.value));
    },
  });
  return text === undefined ? undefined : readValue(text, field.kind).value;
}

/** Fields for values that no file describes: those of an earlier run. */
export function fieldsOf(params: Params): Field[] {
  return Object.entries(params).map(([name, value]) => ({
    name,
    value,
    kind: typeof value === 'number' ? 'number' : typeof value === 'boolean' ? 'switch' : 'text',
  }));
}

const changes = (params: Params) =>
  Object.entries(params)
    .map(([name, value]) => `${name} ${formatParam(value)}`)
    .join(' · ');
