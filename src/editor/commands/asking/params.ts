/** Lets the person change hyperparameters one after the other, each checked while it is typed. */
import * as vscode from 'vscode';
import { floatsOf, jsonText, markAt, type Floats } from '../../../protocol/values/floats.js';
import type { FileForm } from '../../../protocol/panel/index.js';
import type { ParamValue, Params } from '../../../protocol/values/index.js';
import { formatParam } from '../../../format/numbers.js';
import { l10n } from '../../../format/l10n.js';
import { readValue, type Typed } from './readValue.js';
import { entryOf, hasEntry, setEntry } from '../../../protocol/values/records.js';

/** A problem with the value, or undefined when it is well. */
export type Check = (name: string, value: ParamValue) => Promise<string | undefined>;
type Field = FileForm['fields'][number];

/** Values that the person has changed, and which whole numbers of them are floats. */
export interface Changed {
  params: Params;
  floats?: Floats;
}

/** Returns the changed values; throws CancellationError when the person leaves. `go` names what happens at the end. */
export async function askParams(title: string, go: string, fields: readonly Field[], check: Check): Promise<Changed> {
  const changed: Record<string, Typed> = {};
  for (;;) {
    const items = [
      { label: `$(play) ${go}`, description: changes(changed), field: null },
      { label: '', kind: vscode.QuickPickItemKind.Separator, field: null },
      ...fields.map((field) => {
        const { name, value, float = null, description } = field;
        const before = formatParam(value, float);
        const text = hasEntry(changed, name) ? `${before} → ${typedText(entryOf(changed, name)!)}` : before;
        return { label: name, description: text, ...(description && { detail: description }), field };
      }),
    ];
    const picked = await vscode.window.showQuickPick(items, {
      title,
      placeHolder: l10n.t('Choose a parameter to change'),
    });
    if (!picked) throw new vscode.CancellationError();
    if (!picked.field) return paramsOf(changed);
    const { name, value, float: floats = null } = picked.field;
    const typed = await askValue(picked.field, entryOf(changed, name) ?? { value, floats }, check);
    if (typed !== undefined) setEntry(changed, name, typed);
  }
}

function paramsOf(changed: Record<string, Typed>): Changed {
  const entries = Object.entries(changed);
  const floats = floatsOf(entries.map(([name, typed]) => [name, typed.floats ?? null] as const));
  return { params: Object.fromEntries(entries.map(([name, { value }]) => [name, value])), ...(floats && { floats }) };
}

async function askValue(field: Field, present: Typed, check: Check): Promise<Typed | undefined> {
  const choices = field.kind === 'switch' ? [true, false] : field.choices;
  if (choices) {
    const items = choices.map((value, i) => {
      const floats = field.kind === 'switch' ? null : markAt(field.choiceFloats, i);
      return { label: formatParam(value, floats), picked: value === present.value, typed: { value, floats } };
    });
    return (await vscode.window.showQuickPick(items, { title: field.name }))?.typed;
  }
  const text = await vscode.window.showInputBox({
    title: field.name,
    value: typeof present.value === 'string' ? present.value : jsonText(present.value, present.floats),
    ...(field.description && { prompt: field.description }),
    validateInput: async (typed) => {
      const read = readValue(typed, field.kind);
      return read.problem ?? (await check(field.name, read.value));
    },
  });
  return text === undefined ? undefined : readValue(text, field.kind);
}

/** Fields for values that no file describes: those of an earlier run. */
export function fieldsOf({ params, floats }: { params: Params; floats?: Floats | undefined }): Field[] {
  return Object.entries(params).map(([name, value]) => ({
    name,
    value,
    float: markAt(floats, name),
    kind: typeof value === 'number' ? 'number' : typeof value === 'boolean' ? 'switch' : 'text',
  }));
}

const typedText = ({ value, floats }: Typed) => formatParam(value, floats ?? null);
const changes = (changed: Record<string, Typed>) =>
  Object.entries(changed)
    .map(([name, typed]) => `${name} ${typedText(typed)}`)
    .join(' · ');
