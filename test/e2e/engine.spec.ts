/** Checks from the command line that runs outlive a killed engine. */
import type { ChildProcess } from 'node:child_process';
import { Cli } from './support/cli.js';
import { expect, test } from './support/fixtures.js';
import { exampleWorkspace, FILE } from './support/workspace.js';

const EPOCHS = 8;
const TRIALS = 3;
const METRIC = 'val/accuracy';

const ended = (child: ChildProcess) =>
  new Promise<number>((resolve) => child.once('exit', (code, signal) => resolve(code ?? (signal ? 1 : 0))));

test('kill -9 of the engine in the middle of a search loses and doubles nothing, and the search continues', async () => {
  const workspace = exampleWorkspace('killed engine é中', { limit: 3000, epochs: EPOCHS, trials: TRIALS, parallel: 1 });
  const cli = new Cli(workspace);
  const search = cli.start('search', FILE, '--json');
  let printed = '';
  search.stdout?.setEncoding('utf8').on('data', (chunk: string) => (printed += chunk));
  search.stderr?.setEncoding('utf8').on('data', (chunk: string) => (printed += chunk));
  const searchEnd = ended(search);
  try {
    await expect
      .poll(
        () => {
          const [first] = cli.ls();
          return first ? cli.count(first.id, METRIC) : 0;
        },
        { timeout: 120_000, message: 'two epochs of the first trial' },
      )
      .toBeGreaterThanOrEqual(2);
    const before = cli.engine().pid;
    process.kill(before, 'SIGKILL');
    // The next client finds no engine, starts one, and that one takes over what is running.
    cli.ls();
    expect(cli.engine().pid).not.toBe(before);
    await expect
      .poll(() => cli.ls().filter(({ endedAt }) => endedAt !== null).length, { timeout: 180_000, message: printed })
      .toBe(TRIALS);
    for (const run of cli.ls()) {
      const steps = cli.metrics(run.id, METRIC).map(({ step }) => step);
      expect(new Set(steps).size, `steps of ${run.name}`).toBe(steps.length);
      if (run.status === 'completed') expect(steps, `epochs of ${run.name}`).toHaveLength(EPOCHS);
      else expect(run.status).toBe('pruned');
    }
    expect(cli.ls().some(({ status }) => status === 'completed')).toBe(true);
    // The command that started the search lived through it, too.
    expect(await searchEnd, printed).toBe(0);
  } finally {
    search.kill('SIGKILL');
    cli.run('engine', 'stop', '--force');
  }
});

test('a mistake in the file is reported with line, column and a suggestion', () => {
  const workspace = exampleWorkspace('mistake');
  const cli = new Cli(workspace);
  const { code, stderr, stdout } = cli.run('run', FILE, '--set', 'lrr=0.1');
  expect(code).not.toBe(0);
  expect(stderr + stdout).toMatch(/did you mean "?lr"?/i);
  cli.run('engine', 'stop', '--force');
});
