/** A supervisor serves one trial after the other; nothing of one shows in the next. */
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { EngineConnection } from '../../../../src/engine/clients/index.js';
import type { Run } from '../../../../src/protocol/engine/index.js';
import { experiment, isAlive, searchOver, until, useWorkspace } from '../support.js';

const workspace = useWorkspace();
const PROGRAM = `
import fs from 'node:fs';
import path from 'node:path';
const { TUNESMITH_RUN_DIR, TUNESMITH_RUN_MARK, TUNESMITH_PARAMS, TUNESMITH_JOURNAL } = process.env;
const channels = process.platform === 'linux'
  ? fs.readdirSync('/proc/self/fd').filter((fd) => Number(fd) > 2).map((fd) => { try { return fs.readlinkSync('/proc/self/fd/' + fd); } catch { return ''; } })
  : [];
await new Promise((done) => setTimeout(done, Number(process.argv[2] ?? 0)));
// On a busy machine, git takes longer than a supervisor waits for it at the end.
const code = path.join(TUNESMITH_RUN_DIR, 'recorded', 'code.json');
for (let i = 0; process.argv[3] === 'recorded' && !fs.existsSync(code) && i < 400; i++) await new Promise((done) => setTimeout(done, 50));
console.log('started ' + path.basename(TUNESMITH_RUN_DIR) + ' ' + TUNESMITH_RUN_MARK);
fs.writeFileSync(path.join(TUNESMITH_RUN_DIR, 'seen.json'), JSON.stringify({ channels, connected: process.connected ?? false }));
fs.appendFileSync(TUNESMITH_JOURNAL, JSON.stringify({ step: 0, loss: JSON.parse(TUNESMITH_PARAMS).lr }) + '\\n');
`;
const GRID = '  space: { lr: { choice: [1, 2, 3, 4, 5, 6] } }\n';

function write(name: string, parallel: number, argument = ''): string {
  const script = path.basename(workspace().write(`${name}.mjs`, PROGRAM));
  return workspace().write(
    `${name}.tune.yaml`,
    experiment(
      `node ${script} ${argument}`,
      `params: { lr: 0.1 }\nsearch:\n  sampler: grid\n  pruner: none\n  parallel: ${parallel}\n${GRID}`,
    ),
  );
}

async function trials(engine: EngineConnection, search: string): Promise<Run[]> {
  return (await engine.request('runs/list', { search, limit: 100 })).runs;
}
const at = ({ id }: Run, ...names: string[]): string => workspace().at('.tunesmith', 'runs', id, ...names);
const output = (run: Run): string =>
  fs.existsSync(at(run, 'output.log')) ? fs.readFileSync(at(run, 'output.log'), 'utf8') : '';
function supervisorOf(run: Run): number {
  const lines = fs
    .readFileSync(at(run, 'journal', 'supervisor.ndjson'), 'utf8')
    .split('\n')
    .filter(Boolean);
  return lines
    .map((line) => JSON.parse(line) as { type: string; supervisor: number })
    .find(({ type }) => type === 'spawn')!.supervisor;
}

describe('the supervisor of a trial', () => {
  it('serves the next ones too, each with its own folder, mark, records and end', async () => {
    const engine = await workspace().connect();
    const { search } = await engine.request('searches/start', { file: write('one', 1) });
    expect((await searchOver(engine, search.id)).counts).toMatchObject({ completed: 6 });
    const runs = await trials(engine, search.id);
    const supervisors = new Set(runs.map(supervisorOf));
    // A busy machine may take longer for a suggestion than one waits.
    expect(supervisors.size).toBeLessThan(6);
    expect(new Set(runs.map((run) => output(run).split(' ')[2])).size).toBe(6);
    for (const run of runs) {
      expect(output(run)).toMatch(new RegExp(`^started ${run.id} \\d+\n$`));
      expect(run.objective?.value).toBe(run.params.lr);
      expect(fs.existsSync(at(run, 'recorded', 'environment.json'))).toBe(true);
      // The end is known before the supervisor has tidied up.
      for (const name of ['lease.json', 'supervisor.json'])
        await until(`${name} to be gone`, () => !fs.existsSync(at(run, name)));
      // The engine's channel to the supervisor is not the program's.
      const seen = JSON.parse(fs.readFileSync(at(run, 'seen.json'), 'utf8')) as {
        channels: string[];
        connected: boolean;
      };
      expect(seen.connected).toBe(false);
      expect(seen.channels.filter((name) => name.startsWith('socket:'))).toEqual([]);
    }
    // They don't stay.
    await until('the supervisors to leave', () => [...supervisors].every((pid) => !isAlive(pid)));
  }, 120_000);

  it('is replaced when it is killed while it waits', async () => {
    const engine = await workspace().connect();
    const { search } = await engine.request('searches/start', { file: write('two', 1, '200') });
    const killed = new Set<number>();
    const over = searchOver(engine, search.id);
    let isOver = false;
    void over.finally(() => (isOver = true));
    while (!isOver) {
      for (const run of await trials(engine, search.id)) {
        if (run.status !== 'completed' || killed.has(supervisorOf(run))) continue;
        killed.add(supervisorOf(run));
        try {
          process.kill(supervisorOf(run), 'SIGKILL');
        } catch {
          // It has left.
        }
      }
      await new Promise((done) => setTimeout(done, 5));
    }
    const { counts } = await over;
    // One that was killed with a program at work has lost that program's end: never more than the trials there are.
    expect(counts.completed + counts.failed).toBe(6);
    expect(counts.completed).toBeGreaterThan(0);
    for (const run of await trials(engine, search.id))
      expect((output(run).match(/started/g) ?? []).length).toBeLessThan(2);
  }, 120_000);

  it('leaves with its engine, and no trial is done twice or lost', async () => {
    const engine = await workspace().connect();
    const { search } = await engine.request('searches/start', { file: write('three', 2, '400') });
    await until('two trials', async () =>
      (await trials(engine, search.id)).filter(({ status }) => status === 'completed').length >= 2 ? true : null,
    );
    const waiting = (await trials(engine, search.id)).filter(({ status }) => status === 'completed').map(supervisorOf);
    await workspace().killEngine();
    const again = await workspace().connect();
    expect((await searchOver(again, search.id)).counts).toMatchObject({ completed: 6 });
    for (const run of await trials(again, search.id)) expect(output(run).match(/started/g)).toHaveLength(1);
    await until('the old supervisors to leave', () => waiting.every((pid) => !isAlive(pid)));
  }, 120_000);
});

it('git is asked about the code of later trials again', async () => {
  const engine = await workspace().connect();
  const git = (...args: string[]): string =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...args], { cwd: workspace().folder }).toString();
  git('init', '-q');
  const file = write('four', 1, '1200 recorded');
  git('add', '.');
  git('commit', '-q', '-m', 'one');
  const { search } = await engine.request('searches/start', { file });
  await until(
    'a trial',
    async () => (await trials(engine, search.id)).some(({ status }) => status === 'completed') || null,
  );
  workspace().write('four.mjs', `${PROGRAM}// changed\n`);
  await searchOver(engine, search.id);
  const runs = (await trials(engine, search.id)).sort((a, b) => a.trial! - b.trial!);
  const changed = (run: Run): string[] =>
    (JSON.parse(fs.readFileSync(at(run, 'recorded', 'code.json'), 'utf8')) as { changed: string[] }).changed;
  expect(changed(runs[0]!)).toEqual([]);
  expect(changed(runs.at(-1)!)).toEqual(['four.mjs']);
}, 120_000);
