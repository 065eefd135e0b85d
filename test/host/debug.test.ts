import * as assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { api, open, until, write } from './support.js';

const SCRIPT = `const values = JSON.parse(process.env.TUNESMITH_PARAMS);
const doubled = values.lr * 2;
console.log('doubled', doubled, process.argv.slice(2).join());
`;
const FILE = `name: debugged
run: node debugged.mjs --lr {lr}
params:
  lr: 0.25
`;

describe('debugging a run', function () {
  this.timeout(120_000);

  it('starts it again under the debugger, recorded as any other, and hits breakpoints', async () => {
    const script = write('debugged.mjs', SCRIPT);
    const file = write('debugged.tune.yaml', FILE);
    await open(script);
    const folder = (await api()).engines.folders[0]!;
    const first = await vscode.commands.executeCommand<string>('tunesmith.run.start', file);
    await until('the first run', async () => (await folder.request('runs/get', { id: first })).status === 'completed');

    const breakpoint = new vscode.SourceBreakpoint(
      new vscode.Location(vscode.Uri.file(script), new vscode.Position(2, 0)),
    );
    vscode.debug.addBreakpoints([breakpoint]);
    const stopped: { doubled: string; session: vscode.DebugSession }[] = [];
    const tracker = vscode.debug.registerDebugAdapterTrackerFactory('*', {
      createDebugAdapterTracker: (session) => ({
        onDidSendMessage: (message: { event?: string; body?: { threadId: number; reason: string } }) => {
          if (message.event !== 'stopped' || message.body?.reason === 'entry') return;
          void (async () => {
            const { threadId } = message.body!;
            const { stackFrames } = await session.customRequest('stackTrace', { threadId });
            const frameId = (stackFrames as { id: number }[])[0]!.id;
            const { result } = await session.customRequest('evaluate', { expression: 'doubled', frameId });
            stopped.push({ doubled: String(result), session });
            await session.customRequest('continue', { threadId });
          })();
        },
      }),
    });
    try {
      const id = await vscode.commands.executeCommand<string>('tunesmith.run.debug', first);
      assert.equal(typeof id, 'string');
      assert.notEqual(id, first);
      const run = await until(
        'the end of the debugged run',
        async () => {
          const found = await folder.request('runs/get', { id });
          return ['completed', 'failed'].includes(found.status) && found;
        },
        60_000,
      );
      assert.equal(run.status, 'completed', run.error?.logTail);
      assert.deepEqual(
        stopped.map(({ doubled }) => doubled),
        ['0.5'],
      );
      assert.deepEqual(run.params, { lr: 0.25 });
      assert.deepEqual(run.tags, ['debug']);
      assert.deepEqual(run.command, ['node', 'debugged.mjs', '--lr', '0.25'], 'the command stays as it is');
      const { text } = await folder.request('log/read', { run: id });
      assert.match(text, /doubled 0\.5 --lr,0\.25/);

      // Run again, it waits for nobody.
      const { run: again } = await folder.request('runs/rerun', { id });
      await until(
        'the next run',
        async () => (await folder.request('runs/get', { id: again.id })).status === 'completed',
      );
    } finally {
      tracker.dispose();
      vscode.debug.removeBreakpoints([breakpoint]);
    }
  });

  it('refuses programs without a debugger, before anything starts', async () => {
    const folder = (await api()).engines.folders[0]!;
    const file = write('shell.tune.yaml', 'name: shell\nrun: sh -c "exit 0"\n');
    const id = await vscode.commands.executeCommand<string>('tunesmith.run.start', file);
    await until('its end', async () => (await folder.request('runs/get', { id })).status === 'completed');
    await assert.rejects(
      folder.request('runs/rerun', { id, debug: { args: ['-x'] } }),
      /Only programs that python or node start/,
    );
  });
});
