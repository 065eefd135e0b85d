import * as assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { api, explorerText, until, write } from './support.js';

describe('logs of other tools', () => {
  it('have rows in the explorer, and become runs there', async () => {
    write('lightning_logs/version_3/metrics.csv', 'epoch,step,train/loss\n0,1,0.5\n1,2,0.25\n');
    write('lightning_logs/version_3/hparams.yaml', 'lr: 0.125\n');
    const { explorer, foundLogs, engines } = await api();
    await foundLogs.look();
    const before = await explorerText(await api());
    assert.match(before, /Logs of other tools/);
    assert.match(before, /version_3 \| Lightning and Keras CSV logs · lightning_logs/);
    assert.match(before, /Logs of other tools \| \d+ · read-only/);
    const seen = await until('its read-only row', async () => {
      const { runs } = await engines.folders[0]!.look('runs/list', { text: 'version_3' });
      return runs.find(({ foreign }) => foreign);
    });
    assert.equal(seen.metrics['train/loss']?.last, 0.25);
    const query = { run: seen.id, metric: 'train/loss' };
    const { series } = await engines.folders[0]!.look('series/read', { queries: [query] });
    assert.deepEqual(series[0]?.y, [0.5, 0.25]);
    const roots = await explorer.getChildren();
    const logs = roots.find((node) => node.kind === 'logs');
    const [log] = await explorer.getChildren(logs);
    await vscode.commands.executeCommand('tunesmith.logs.import', log);
    const run = await until('the run', async () => {
      const { runs } = await engines.folders[0]!.request('runs/list', { text: 'version_3' });
      return runs.find(({ status }) => status === 'completed');
    });
    assert.equal(run.params.lr, 0.125);
    assert.equal(run.metrics['train/loss']?.last, 0.25);
    assert.doesNotMatch(await explorerText(await api()), /version_3 \| Lightning and Keras/);
  });
});
