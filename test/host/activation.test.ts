import * as assert from 'node:assert/strict';
import * as path from 'node:path';
import * as vscode from 'vscode';
import { api, EXTENSION_ID, open, until, workspaceFolder } from './support.js';

interface PackageJson {
  contributes: { commands: { command: string }[]; configuration: { properties: Record<string, unknown> } };
  activationEvents: string[];
}

describe('activation', () => {
  const extension = vscode.extensions.getExtension(EXTENSION_ID)!;
  const manifest = () => extension.packageJSON as PackageJson;

  it('waits until it is asked for', async () => {
    // This file runs first, and a folder without runs asks for nothing.
    assert.equal(extension.isActive, false);
    const other = await vscode.workspace.openTextDocument({ language: 'yaml', content: 'a: 1' });
    await vscode.window.showTextDocument(other);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    assert.equal(extension.isActive, false, 'another YAML file is none of our business');
    await vscode.commands.executeCommand('workbench.action.closeActiveEditor');
  });

  it('comes with an experiment file', async () => {
    const document = await open(path.join(workspaceFolder().uri.fsPath, 'digits.tune.yaml'));
    assert.equal(document.languageId, 'tunesmith-yaml');
    await until('activation', () => extension.isActive);
  });

  it('activates quickly', async () => {
    const started = performance.now();
    await api();
    assert.ok(performance.now() - started < 500);
  });

  it('registers exactly the commands of the manifest', async () => {
    await api();
    const registered = (await vscode.commands.getCommands(true)).filter(
      (id) =>
        /^tunesmith\.(?!runs\.)/.test(id) && !/\.(focus|open|resetViewLocation|removeView|toggleVisibility)$/.test(id),
    );
    const declared = manifest()
      .contributes.commands.map(({ command }) => command)
      .filter((id) => !/\.(focus|open)$/.test(id));
    assert.deepEqual(registered.sort(), declared.sort());
    for (const id of ['tunesmith.panel.open', 'tunesmith.file.open', 'tunesmith.example.open'])
      assert.ok((await vscode.commands.getCommands(true)).includes(id), id);
  });

  it('gives every setting its default', () => {
    for (const name of Object.keys(manifest().contributes.configuration.properties)) {
      const dot = name.indexOf('.');
      const value = vscode.workspace.getConfiguration(name.slice(0, dot)).get(name.slice(dot + 1));
      assert.notEqual(value, undefined, name);
    }
  });

  it('starts no engine in a folder that has no runs', async () => {
    const { engines } = await api();
    assert.equal(engines.folders.length, 1);
    assert.equal(engines.folders[0]!.state.kind, 'idle');
  });
});
