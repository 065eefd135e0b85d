import * as vscode from 'vscode';
import { EXTENSION } from './manifest/ids.js';
import type { SettingName, SettingValue } from './manifest/settings.js';

/** The setting's value for a file or folder; the manifest holds the defaults. */
export function setting<N extends SettingName>(name: N, scope?: vscode.ConfigurationScope): SettingValue<N> {
  return vscode.workspace.getConfiguration(EXTENSION, scope).get(name) as SettingValue<N>;
}

export function affects(event: vscode.ConfigurationChangeEvent, name: SettingName): boolean {
  return event.affectsConfiguration(`${EXTENSION}.${name}`);
}
