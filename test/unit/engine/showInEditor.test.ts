/** `runs/show` opens a run's page in the editors that have the folder open, and in nothing else. */
import { describe, expect, it } from 'vitest';
import { experiment, runOver, TRAIN, until, useWorkspace } from './support.js';

describe('runs/show', () => {
  const workspace = useWorkspace();

  it('tells every editor, and no other client', async () => {
    workspace().write('train.mjs', TRAIN);
    const file = workspace().write(
      'quick.tune.yaml',
      experiment('node train.mjs', 'params: { steps: 2, pause: 1, lr: 1 }\n'),
    );
    const told: string[] = [];
    const listen = (who: string) => ({
      client: who,
      onNotification: (name: string, params: unknown) => {
        if (name === 'show') told.push(`${who} ${(params as { run: string }).run}`);
      },
    });
    const terminal = await workspace().connect(listen('cli'));
    const { run } = await terminal.request('runs/start', { file });
    await runOver(terminal, run.id);
    expect(await terminal.request('runs/show', { id: run.id })).toEqual({ editors: 0 });
    await workspace().connect(listen('vscode'));
    await workspace().connect(listen('vscode'));
    expect(await terminal.request('runs/show', { id: run.id })).toEqual({ editors: 2 });
    await until('both editors', () => told.length === 2);
    expect(told).toEqual([`vscode ${run.id}`, `vscode ${run.id}`]);
    await expect(terminal.request('runs/show', { id: '0123456789ab' })).rejects.toThrow(/0123456789ab/);
  });
});
