/** Plays the ten tasks with both agents, one task after another, and prints the table. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { parseArgs } from 'node:util';
import { tuneByShell, type Outcome } from './shellAgent.js';
import { experimentOf, TASKS } from './tasks.js';
import { ToolAgent } from './toolAgent.js';

const text = { type: 'string' } as const;
const { values } = parseArgs({ options: { root: text, trials: text, seed: text, out: text } });
const { root = process.cwd(), out } = values;
const [trials, seed] = [Number(values.trials ?? 24), Number(values.seed ?? 1)];
const LONGEST_HOURS = '1';

async function main(): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'tunesmith-agents-'));
  const env = { ...(process.env as Record<string, string>), TUNESMITH_HOME: path.join(folder, '.home') };
  const command = [process.execPath, path.join(root, 'dist', 'cli.cjs')];
  const cli = (...args: string[]): void => {
    const { status, stderr } = spawnSync(command[0]!, [command[1]!, ...args], { cwd: folder, env, encoding: 'utf8' });
    if (status !== 0) throw new Error(`tunesmith ${args.join(' ')}: ${stderr}`);
  };
  cpSync(path.join(root, 'bench/agents/train.mjs'), path.join(folder, 'train.mjs'));
  cpSync(path.join(root, 'examples/regression/penguins.csv'), path.join(folder, 'penguins.csv'));
  const agent = new ToolAgent();
  try {
    const rows: { name: string; tools: Outcome; shell: Outcome }[] = [];
    for (const [i, task] of TASKS.entries()) {
      const [file, other] = [`task${i}.tune.yaml`, `shell${i}.tune.yaml`];
      for (const name of [file, other]) writeFileSync(path.join(folder, name), experimentOf(task, trials, seed + i));
      cli('allow', file, '--hours', LONGEST_HOURS);
      if (i === 0) await agent.connect(command, folder, env);
      const tools = await agent.tune(file);
      const shell = tuneByShell(task, folder, other, trials, seed + i);
      rows.push({ name: task.name, tools, shell });
      console.error(`${task.name}: ${tools.loss.toFixed(4)} ${shell.loss.toFixed(4)}`);
    }
    const table = tableOf(rows);
    console.log(table);
    if (out) writeFileSync(out, `${table}\n`);
  } finally {
    await agent.close();
    spawnSync(command[0]!, [command[1]!, 'engine', 'stop'], { cwd: folder, env });
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

function tableOf(rows: readonly { name: string; tools: Outcome; shell: Outcome }[]): string {
  const cells = ({ acts, seconds, read, loss }: Outcome): string =>
    `${acts} | ${seconds.toFixed(1)} | ${(read / 1000).toFixed(1)} | ${loss.toFixed(4)}`;
  const sum = (side: 'tools' | 'shell', key: keyof Outcome): number =>
    rows.reduce((all, row) => all + row[side][key], 0);
  const wins = rows.filter(({ tools, shell }) => tools.loss < shell.loss).length;
  const ratio = (key: keyof Outcome): string => (sum('tools', key) / sum('shell', key)).toFixed(2);
  const geometric = Math.exp(
    rows.reduce((all, { tools, shell }) => all + Math.log(tools.loss / shell.loss), 0) / rows.length,
  );
  return [
    '| Task | tools: acts | seconds | kB read | loss | shell: acts | seconds | kB read | loss |',
    '| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |',
    ...rows.map(({ name, tools, shell }) => `| ${name} | ${cells(tools)} | ${cells(shell)} |`),
    '',
    `Tools over shell: acts ${ratio('acts')}, time ${ratio('seconds')}, characters read ${ratio('read')}, loss ${geometric.toFixed(2)} (geometric mean); a lower loss in ${wins} of ${rows.length} tasks.`,
  ].join('\n');
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
