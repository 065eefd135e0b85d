import * as assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import * as vscode from 'vscode';
import {
  api,
  experimentFile,
  explorerText,
  lensesOf,
  open,
  TRAINER,
  until,
  workspaceFolder,
  write,
} from './support.js';

const command = <T>(name: string, ...args: unknown[]) =>
  vscode.commands.executeCommand<T>(`tunesmith.${name}`, ...args);

describe('runs', function () {
  this.timeout(90_000);

  before(() => {
    write('train.mjs', TRAINER);
  });

  it('runs a file and shows the run in the explorer, the panel and the lenses', async () => {
    const file = write('quick.tune.yaml', experimentFile('quick'));
    const { engines, panels } = await api();
    const [folder] = engines.folders;
    await open(file);
    const id = await command<string>('run.start', file);
    assert.equal(typeof id, 'string');
    assert.ok(panels.visible(folder!), 'the panel opens beside the code');
    assert.equal(vscode.window.activeTextEditor?.document.uri.fsPath, file, 'and leaves the focus in the code');
    const run = await until(
      'the end of the run',
      () => {
        const found = folder!.model.run(id);
        return found && found.endedAt !== null && found;
      },
      60_000,
    );
    assert.equal(run.status, 'completed', run.error?.message);
    assert.equal(run.objective?.value, 0.8);
    const tree = await until('the row', async () => {
      const text = await explorerText(await api());
      return text.includes('quick') && text.includes('0.8 | run completed') && text;
    });
    assert.match(tree, /^quick \| 1 run/m);
    assert.match(tree, /^ {2}.* \| (★ )?0\.8 \| run completed ended$/m);
    await until('the lens', async () => (await lensesOf(file)).includes('4: last val/accuracy 0.8'));
  });

  it('runs the editor’s text, saved or not', async () => {
    const file = write('unsaved.tune.yaml', experimentFile('unsaved'));
    const document = await open(file);
    const edit = new vscode.WorkspaceEdit();
    const at = document.getText().indexOf('0.1 #');
    edit.replace(document.uri, new vscode.Range(document.positionAt(at), document.positionAt(at + 3)), '0.01');
    await vscode.workspace.applyEdit(edit);
    assert.ok(document.isDirty);
    const id = await command<string>('run.start', file);
    const { engines } = await api();
    const run = await until('the run', () => engines.findRun(id)?.run);
    assert.equal(run.params.lr, 0.01);
    await document.save();
  });

  it('names the place when the file has a mistake', async () => {
    const file = write('broken.tune.yaml', experimentFile('broken').replace('run: node', 'rnu: node'));
    const { engines } = await api();
    await assert.rejects(
      async () => engines.folders[0]!.request('runs/start', { file }),
      (error: Error & { problems?: { line: number; column: number }[] }) => {
        assert.ok(error.problems && error.problems.length > 0);
        assert.ok(error.problems.some(({ line, column }) => line === 3 && column === 1));
        return true;
      },
    );
  });

  it('reruns, renames, tags, deletes and restores', async () => {
    const { engines } = await api();
    const [folder] = engines.folders;
    const first = await command<string>('run.start', write('many.tune.yaml', experimentFile('many')));
    const [second] = await command<string[]>('run.rerun', first);
    assert.ok(second && second !== first);
    const ended = (id: string) => until('the end', () => folder!.model.run(id)?.endedAt, 60_000);
    await Promise.all([ended(first), ended(second)]);
    await folder!.request('runs/rename', { id: second, name: 'Zweiter Versuch' });
    await folder!.request('runs/tag', { ids: [second], add: ['good'] });
    await until('the new name', async () => /Zweiter Versuch \| 0\.8 · #good/.test(await explorerText(await api())));
    await command('run.delete', second);
    await until('it is gone', async () => !(await explorerText(await api())).includes('Zweiter Versuch'));
    await command('run.restore', [second]);
    await until('it is back', async () => (await explorerText(await api())).includes('Zweiter Versuch'));
  });

  it('stops, and follows the log while it is written', async () => {
    const file = write('long.tune.yaml', experimentFile('long', { steps: 10_000, pause: 20 }));
    const { engines } = await api();
    const [folder] = engines.folders;
    const id = await command<string>('run.start', file);
    await until('it runs', () => folder!.model.run(id)?.status === 'running', 60_000);
    // A program that was only just started may be stopped before it prints anything.
    await until('its first words', async () => (await folder!.request('log/read', { run: id })).text !== '', 30_000);
    await command('run.revealLog', id);
    const run = folder!.model.run(id)!;
    await until('the terminal', () => vscode.window.terminals.some(({ name }) => name.startsWith(run.name)));
    await until('the badge', async () => (await api()).explorer.view.badge?.value);
    await command('run.stop', id);
    await until('it has stopped', () => folder!.model.run(id)?.status === 'stopped', 30_000);
    const log = await folder!.request('log/read', { run: id });
    assert.match(log.text, /training.* with lr 0\.1/);
  });

  it('says why a run failed', async () => {
    write('fails.mjs', "console.error('no such data set: rivers.csv'); process.exit(3);");
    const file = write('fails.tune.yaml', 'name: fails\nrun: node fails.mjs\n');
    const { engines } = await api();
    const id = await command<string>('run.start', file);
    const run = await until(
      'the end',
      () => {
        const found = engines.findRun(id)?.run;
        return found?.endedAt ? found : undefined;
      },
      60_000,
    );
    assert.equal(run.status, 'failed');
    assert.match(run.error?.logTail ?? '', /rivers\.csv/);
    await until('the row', async () => /\| failed.* \| run failed ended/.test(await explorerText(await api())));
  });

  it('tracks a Python script', async function () {
    try {
      execFileSync('python3', ['--version']);
    } catch {
      this.skip();
    }
    write(
      'train.py',
      'import sys, tunesmith\nrun = tunesmith.init()\nfor step in range(3):\n    run.log({"loss": float(sys.argv[1]) / (step + 1)}, step=step)\nrun.finish()\n',
    );
    const file = write(
      'python.tune.yaml',
      'name: python\nrun: python3 train.py {lr}\nparams: { lr: 0.3 }\nobjective: { metric: loss, goal: minimize }\n',
    );
    const { engines } = await api();
    const id = await command<string>('run.start', file);
    const run = await until(
      'the end',
      () => {
        const found = engines.findRun(id)?.run;
        return found?.endedAt ? found : undefined;
      },
      60_000,
    );
    assert.equal(run.status, 'completed', `${run.error?.message} ${run.error?.logTail}`);
    assert.ok(Math.abs(Number(run.objective?.value) - 0.1) < 1e-9);
  });

  it('tells an agent about runs', async () => {
    const { token } = new vscode.CancellationTokenSource();
    const ask = async (name: string, input: object) => {
      const { content } = await vscode.lm.invokeTool(name, { input, toolInvocationToken: undefined }, token);
      return JSON.parse((content[0] as vscode.LanguageModelTextPart).value) as Record<string, unknown>;
    };
    const { runs } = (await ask('tunesmith_list_runs', { experiment: 'quick' })) as {
      runs: { id: string; objective: { value: number } }[];
    };
    assert.equal(runs[0]?.objective.value, 0.8);
    const run = runs[0].id;
    const { curve } = await ask('tunesmith_read_metric', { run, metric: 'loss', points: 3 });
    assert.ok(Array.isArray(curve) && curve.length > 0);
    const { log } = (await ask('tunesmith_read_log', { run })) as { log: { untrusted: string } };
    assert.match(log.untrusted, /done/);
  });

  it('lets an agent do a whole job within a budget, and records it', async () => {
    const { token } = new vscode.CancellationTokenSource();
    const ask = async <T>(name: string, input: object) => {
      const options = { input, toolInvocationToken: undefined };
      const { content } = await vscode.lm.invokeTool(`tunesmith_${name}`, options, token);
      return JSON.parse((content[0] as vscode.LanguageModelTextPart).value) as T;
    };
    const file = write('agent.tune.yaml', experimentFile('agent'));
    const { engines } = await api();
    await command('agents.allow', file, 1);
    await until('the budget in the status', () => engines.folders[0]!.condition.grants?.[0]?.hours === 1);
    const { search } = await ask<{ search: { id: string; by: string } }>('start_search', { file });
    assert.match(search.by, /^agent ./);
    const waited = await ask<{ done: boolean }>('wait_for', { id: search.id, timeout_s: 80 });
    assert.equal(waited.done, true);
    type Recommended = { recommended: { run: string; params: { lr: number } }[] };
    const { recommended } = await ask<Recommended>('recommend_values', { search: search.id });
    assert.equal(recommended[0]?.params.lr, 0.01);
    await ask('write_values', { file, params: { lr: 0.01 } });
    assert.equal(readFileSync(file, 'utf8'), experimentFile('agent').replace('lr: 0.1 #', 'lr: 0.01 #'));
    const run = await engines.folders[0]!.request('runs/get', { id: recommended[0].run });
    assert.equal(run.by, search.by.replace('agent ', ''));
    assert.equal(await command('agents.disallow'), 1);
    await until('no budget in the status', () => !engines.folders[0]!.condition.grants);
  });

  it('offers its tools as a server for agents once the person wants it, and that server answers', async function () {
    const { mcpServers } = await api();
    const settings = vscode.workspace.getConfiguration('tunesmith');
    assert.deepEqual(mcpServers.servers(), []);
    await settings.update('agents.mcpServer', true, vscode.ConfigurationTarget.Global);
    try {
      const [server, ...others] = mcpServers.servers();
      assert.ok(server && others.length === 0);
      const hello = {
        protocolVersion: '2025-06-18',
        capabilities: {},
        clientInfo: { name: 'host test', version: '1' },
      };
      const line = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params: hello });
      const answer = await new Promise<string>((resolve, reject) => {
        const env = { ...process.env, ...server.env } as NodeJS.ProcessEnv;
        const child = execFile(server.command, server.args, { env, timeout: 30_000 }, reject);
        child.stdout!.once('data', (data) => {
          resolve(String(data));
          child.kill();
        });
        child.stdin!.write(`${line}\n`);
      });
      assert.match(answer, /"serverInfo":\{"name":"tunesmith"/);
    } finally {
      await settings.update('agents.mcpServer', undefined, vscode.ConfigurationTarget.Global);
    }
  });

  it('searches, marks the best and applies it without losing a comment', async () => {
    const file = write('search.tune.yaml', experimentFile('search'));
    const document = await open(file);
    const { engines } = await api();
    const [folder] = engines.folders;
    const id = await command<string>('search.start', file);
    const search = await until(
      'the end of the search',
      () => {
        const found = folder!.model.search(id);
        return found?.status === 'completed' && found;
      },
      80_000,
    );
    assert.equal(search.counts.completed, 3);
    assert.equal(search.best?.params.lr, 0.01);
    const tree = await until('the search in the explorer', async () => {
      const text = await explorerText(await api());
      return text.includes('3/3 · ★ 1 | search completed ended hasBest') && text;
    });
    assert.match(tree, /#1 \| ★ 1 · lr 0\.01 \| run completed ended trial/);
    await until('the lens', async () => (await lensesOf(file)).includes('5: best 0.01 (1)'));
    assert.ok((await lensesOf(file)).includes('5: Apply best'));
    const before = document.getText();
    await command('best.apply', file, 'lr');
    assert.equal(document.getText(), before.replace('lr: 0.1 #', 'lr: 0.01 #'));
    assert.equal(readFileSync(file, 'utf8'), document.getText(), 'a clean file is saved');
    await until('the offer is gone', async () => !(await lensesOf(file)).includes('5: Apply best'));
    await vscode.window.showTextDocument(document);
    await vscode.commands.executeCommand('undo');
    assert.equal(document.getText(), before, 'it can be undone');
    await document.save();
  });

  it('continues when the engine is killed in the middle of a search', async () => {
    const file = write('killed.tune.yaml', experimentFile('killed', { steps: 60, pause: 30 }));
    const { engines } = await api();
    const [folder] = engines.folders;
    const id = await command<string>('search.start', file);
    await until(
      'a trial runs',
      () => folder!.model.liveRuns.some((run) => run.search === id && run.status === 'running'),
      30_000,
    );
    const { pid } = await folder!.request('engine/status', {});
    process.kill(pid, 'SIGKILL');
    await until('the connection is lost', () => folder!.state.kind !== 'connected');
    const search = await until(
      'the end of the search',
      () => {
        const found = folder!.model.search(id);
        return found?.status === 'completed' && found;
      },
      80_000,
    );
    assert.notEqual((await folder!.request('engine/status', {})).pid, pid);
    assert.equal(search.counts.completed, 3);
    const { runs } = await folder!.request('runs/list', { search: id });
    for (const run of runs)
      assert.equal(run.metrics['val/accuracy']?.count, 60, `every point of trial ${run.trial}, once`);
  });

  it('stops the engine and starts it again with the next request', async () => {
    const { engines } = await api();
    const [folder] = engines.folders;
    await until('no live run', () => folder!.model.liveRuns.length === 0, 30_000);
    const runs = (await folder!.request('runs/list', {})).total;
    const { pid } = await folder!.request('engine/status', {});
    await command('engine.stop');
    await until('the engine is gone', () => {
      try {
        process.kill(pid, 0);
        return false;
      } catch {
        return true;
      }
    });
    assert.ok(existsSync((await folder!.paths()).store));
    assert.equal((await folder!.request('runs/list', {})).total, runs);
    assert.notEqual((await folder!.request('engine/status', {})).pid, pid);
    assert.ok(workspaceFolder());
  });

  it('branches a run from its newest checkpoint, and sets alerts on its file', async () => {
    write(
      'saves.mjs',
      `import fs from 'node:fs';
export default async function train(run) {
  let step = run.checkpoint ? Number(fs.readFileSync(run.checkpoint + '/step', 'utf8')) + 1 : 0;
  const last = step + 2;
  for (; step < last; step++) {
    run.log({ lr: run.params.number('lr') }, { step });
    await run.saveCheckpoint(step, (folder) => fs.writeFileSync(folder + '/step', String(step)));
  }
}
`,
    );
    const file = write('saves.tune.yaml', 'name: saves\nmodule: ./saves.mjs\nparams: { lr: 1 }\n');
    const [folder] = (await api()).engines.folders;
    const over = (id: string) =>
      until(
        'the end of the run',
        () => {
          const found = folder!.model.run(id);
          return found && found.endedAt !== null && found;
        },
        60_000,
      );
    assert.equal(await command('alerts.edit', file, { kind: 'ended' }), 1);
    const first = await command<string>('run.start', file);
    await over(first);
    const { run } = await folder!.request('runs/branch', { id: first, params: { lr: 5 } });
    const branch = await over(run.id);
    assert.equal(branch.status, 'completed', branch.error?.message);
    assert.deepEqual(branch.branch, { run: first, step: 1 });
    assert.deepEqual([branch.metrics['lr']?.last, branch.metrics['lr']?.lastStep], [5, 3]);
    await folder!.request('alerts/remove', { id: null });
  });
});
