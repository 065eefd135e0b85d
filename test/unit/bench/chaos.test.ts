/** The short form of bench/chaos: some tens of kills of every process, and nothing may be lost, doubled, unasked or misjudged. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import * as esbuild from 'esbuild';
import { afterAll, expect, it } from 'vitest';
import { play } from '../../../bench/chaos/play.js';
import { report } from '../../../bench/chaos/report.js';
import { judge, type Fate } from '../../../bench/chaos/verdict.js';
import { buildDist, REPO } from '../support/build.js';

/** On a disk that both hosts see: the other one's /tmp is its own. */
const folder = path.join(REPO, '.cache', `chaos-${process.pid}`);
afterAll(() => fs.rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

const fate: Fate = {
  id: 'r1',
  kind: 'python',
  status: 'completed',
  error: null,
  isTrial: false,
  asked: true,
  done: true,
  stored: [0, 1, 2],
  acknowledged: [0, 1, 2],
  starts: 1,
  processesLeft: 0,
  killed: { program: false, supervisor: false },
};

it.each<[string, Partial<Fate>, string[]]>([
  ['nothing wrong', {}, []],
  ['one record more than was acknowledged', { acknowledged: [0, 1] }, []],
  ['a record lost', { stored: [0, 2] }, ['lost']],
  ['a record doubled', { stored: [0, 1, 1, 2] }, ['doubled']],
  ['a second program', { starts: 2 }, ['unasked']],
  ['a run that nobody asked for', { asked: false }, ['unasked']],
  ['failed, though nothing was killed', { status: 'failed', error: 'lost' }, ['misjudged']],
  ['completed, though killed on the way', { done: false, killed: { program: true, supervisor: false } }, ['misjudged']],
  [
    'lost, though its client said that it was done',
    { status: 'failed', error: 'lost', killed: { program: false, supervisor: true } },
    ['misjudged'],
  ],
  [
    'lost with its supervisor, and nothing said',
    { kind: 'plain', status: 'failed', error: 'lost', killed: { program: false, supervisor: true } },
    [],
  ],
  ['still at work', { status: 'running' }, ['misjudged']],
  ['a process left', { processesLeft: 1 }, ['leftRunning']],
])('finds %s', (_, change, found) => {
  const verdict = judge([{ ...fate, ...change }]);
  expect(Object.entries(verdict).flatMap(([kind, list]) => ((list as string[]).length > 0 ? [kind] : []))).toEqual(
    found,
  );
});

it.runIf(process.platform === 'linux')(
  'thirty kills of every process lose, double, start and misjudge nothing',
  async () => {
    const dist = path.join(folder, 'dist');
    fs.cpSync(await buildDist(), dist, { recursive: true });
    fs.cpSync(path.join(REPO, 'python'), path.join(folder, 'python'), { recursive: true });
    const entryPoints = { cli: 'src/cli/main.ts', 'chaos-host': 'bench/chaos/host.ts' };
    await esbuild.build({
      absWorkingDir: REPO,
      bundle: true,
      platform: 'node',
      format: 'cjs',
      outdir: dist,
      logLevel: 'error',
      outExtension: { '.js': '.cjs' },
      entryPoints,
      target: 'node20',
    });
    const workspace = path.join(folder, 'work');
    fs.mkdirSync(workspace);
    const played = await play({ dist, workspace: fs.realpathSync(workspace), kills: 30, seed: 3, python: 'python3' });
    const { faults, markdown } = report(played);
    expect(faults, markdown).toEqual([]);
    expect(played.fates.length).toBeGreaterThan(5);
  },
  300_000,
);
