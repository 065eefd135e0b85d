import * as assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { experimentFile, lensesOf, open, until, write } from './support.js';

const problemsOf = (file: string) => vscode.languages.getDiagnostics(vscode.Uri.file(file));

describe('experiment files in the editor', () => {
  it('offers Run and Start search above their sections', async () => {
    const file = write('lenses.tune.yaml', experimentFile('lenses'));
    await open(file);
    const lenses = await until('lenses', async () => {
      const found = await lensesOf(file);
      return found.length > 0 && found;
    });
    // A machine with a cluster's commands also offers a place to run.
    const own = lenses.filter((lens) => !lens.includes('on local'));
    assert.deepEqual(own, ['4: $(play) Run', '9: $(search) Start search']);
  });

  it('underlines a mistyped key and fixes it', async () => {
    const file = write('mistake.tune.yaml', experimentFile('mistake').replace('params:', 'parms:'));
    const document = await open(file);
    const [problem] = await until('a problem', () => {
      const found = problemsOf(file).filter(({ message }) => /did you mean/i.test(message));
      return found.length > 0 && found;
    });
    assert.equal(document.getText(problem!.range), 'parms');
    const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>(
      'vscode.executeCodeActionProvider',
      document.uri,
      problem!.range,
      vscode.CodeActionKind.QuickFix.value,
    );
    const fix = actions.find(({ edit }) => edit);
    assert.ok(fix?.edit, 'a quick fix');
    await vscode.workspace.applyEdit(fix.edit);
    assert.match(document.getText(), /^params:/m);
    await until('no problem is left', () => problemsOf(file).length === 0);
    await document.save();
  });

  it('completes and explains keys and values', async () => {
    const file = write('complete.tune.yaml', 'name: complete\nrun: node x.mjs\nobjective:\n  metric: loss\n  goal: \n');
    const document = await open(file);
    const labels = async (line: number, character: number) => {
      const list = await vscode.commands.executeCommand<vscode.CompletionList>(
        'vscode.executeCompletionItemProvider',
        document.uri,
        new vscode.Position(line, character),
      );
      return list.items.map(({ label }) => (typeof label === 'string' ? label : label.label));
    };
    const goals = await labels(4, 8);
    assert.ok(goals.includes('minimize') && goals.includes('maximize'), goals.join());
    const keys = await labels(5, 0);
    assert.ok(keys.includes('params') && keys.includes('search'), keys.join());
    assert.ok(!keys.includes('run'), 'what is there already is not offered');
    const [hover] = await vscode.commands.executeCommand<vscode.Hover[]>(
      'vscode.executeHoverProvider',
      document.uri,
      new vscode.Position(2, 3),
    );
    assert.ok(hover, 'a hover');
  });

  it('completes and explains the placeholders of a command', async () => {
    const text =
      'name: named\nrun: node x.mjs --lr {lr} {run.dir} {\nparams: { lr: 0.5 }\nfiles: { conf/base.yaml: {} }\n';
    const document = await open(write('named.tune.yaml', text));
    const end = new vscode.Position(1, document.lineAt(1).text.length);
    const list = await vscode.commands.executeCommand<vscode.CompletionList>(
      'vscode.executeCompletionItemProvider',
      document.uri,
      end,
    );
    const labels = list.items.map(({ label }) => (typeof label === 'string' ? label : label.label));
    for (const name of ['lr', 'run.dir', 'run.id', 'seed', 'trial', 'gpu', 'base'])
      assert.ok(labels.includes(name), name);
    const hoverAt = async (word: string) => {
      const [found] = await vscode.commands.executeCommand<vscode.Hover[]>(
        'vscode.executeHoverProvider',
        document.uri,
        document.positionAt(text.indexOf(word) + 1),
      );
      return found ? found.contents.map((each) => (typeof each === 'string' ? each : each.value)).join() : '';
    };
    assert.match(await hoverAt('{lr}'), /0\.5/);
    assert.match(await hoverAt('{run.dir}'), /never collide/);
  });
});
