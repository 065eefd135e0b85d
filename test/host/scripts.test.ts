import * as assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import * as vscode from 'vscode';
import { api, lensesOf, open, until, workspaceFolder, write } from './support.js';

const TRAIN = `import argparse

parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, default=0.1, help="learning rate")
parser.add_argument("--batch-size", type=int, default=32)


def main():
    print(vars(parser.parse_args()))


if __name__ == "__main__":
    main()
`;

describe('plain scripts in the editor', () => {
  const engine = async () => (await api()).engines.folders[0]!;
  const ended = (id: string) =>
    until('the run to end', async () => {
      const run = await (await engine()).request('runs/get', { id });
      return ['completed', 'failed'].includes(run.status) && run;
    });

  it('have Run and Tune above their arguments and their main part', async () => {
    const file = write('scripts/plain.py', TRAIN);
    await open(file);
    const lenses = await until('lenses', async () => {
      const found = await lensesOf(file);
      return found.length > 0 && found;
    });
    assert.deepEqual(lenses, ['2: $(play) Run', '2: on local ▾', '2: Tune…', '11: $(play) Run', '11: Tune…']);
  });

  it('are absent in tests, in library modules, and if the setting turns them off', async () => {
    const settled = async (file: string) => {
      await open(file);
      await until('the provider', async () => (await lensesOf(write('scripts/plain.py', TRAIN))).length > 0);
      return lensesOf(file);
    };
    assert.deepEqual(await settled(write('scripts/test_plain.py', TRAIN)), []);
    assert.deepEqual(await settled(write('scripts/library.py', 'import torch\n\n\ndef f(x):\n    return x\n')), []);
    const settings = vscode.workspace.getConfiguration('tunesmith');
    await settings.update('lenses.scripts', false, vscode.ConfigurationTarget.Workspace);
    try {
      assert.deepEqual(await lensesOf(write('scripts/plain.py', TRAIN)), []);
    } finally {
      await settings.update('lenses.scripts', undefined, vscode.ConfigurationTarget.Workspace);
    }
  });

  it('run with their defaults, as the editor has them', async () => {
    const file = write('scripts/run.py', TRAIN);
    const document = await open(file);
    const edit = new vscode.WorkspaceEdit();
    const at = document.positionAt(TRAIN.indexOf('0.1'));
    edit.replace(document.uri, new vscode.Range(at, at.translate(0, 3)), '0.25');
    await vscode.workspace.applyEdit(edit);
    const id = await vscode.commands.executeCommand<string>('tunesmith.script.run', file);
    const run = await ended(id);
    assert.equal(run.status, 'completed', run.error?.logTail);
    assert.deepEqual(run.params, { lr: 0.25, batch_size: 32 });
    assert.equal(run.cwd, workspaceFolder().uri.fsPath);
    assert.equal(document.isDirty, false);
    const lenses = await until('the last run', async () => {
      const found = await lensesOf(file);
      return found.length > 0 && found;
    });
    assert.ok(lenses.includes('2: $(play) Run'), lenses.join());
  });

  it('get an experiment file that starts unchanged, and keep an existing one', async () => {
    const file = write('scripts/tuned.py', TRAIN);
    await open(file);
    const target = await vscode.commands.executeCommand<string>('tunesmith.script.tune', file);
    assert.ok(existsSync(target));
    assert.equal(vscode.window.activeTextEditor?.document.uri.fsPath, target);
    assert.match(readFileSync(target, 'utf8'), /python scripts\/tuned\.py\n {2}--lr \{lr\}/);
    await until('its lenses', async () => (await lensesOf(target)).some((lens) => lens.endsWith('Start search')));
    assert.deepEqual(vscode.languages.getDiagnostics(vscode.Uri.file(target)), []);
    const run = await ended(await vscode.commands.executeCommand<string>('tunesmith.run.start', target));
    assert.equal(run.status, 'completed', run.error?.logTail);

    write('scripts/tuned.tune.yaml', '# mine\nrun: node x.mjs\n');
    await vscode.commands.executeCommand('tunesmith.script.tune', file);
    assert.match(readFileSync(target, 'utf8'), /^# mine/);
  });

  it('are found from their configuration file', async () => {
    write(
      'scripts/reads.py',
      'import yaml\n\nif __name__ == "__main__":\n    print(yaml.safe_load(open("scripts/some.yaml")))\n',
    );
    const config = write('scripts/some.yaml', 'lr: 0.1\n');
    await open(config);
    const lenses = await until('lenses', async () => {
      const found = await lensesOf(config);
      return found.length > 0 && found;
    });
    assert.deepEqual(lenses, ['0: $(play) Run', '0: on local ▾', '0: Tune…']);
    const other = write('scripts/other.yaml', 'lr: 0.1\n');
    await open(other);
    assert.deepEqual(await lensesOf(other), []);
  });
});
