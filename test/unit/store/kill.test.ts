import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { build } from 'esbuild';
import { expect, it } from 'vitest';
import { journal, newRun, openStore, random, temporary } from './helpers.js';

/** Runs the ingesting process and kills it a while after it began to work. True when it came to its end before. */
async function ingestFor(program: string, args: string[], ms: number): Promise<boolean> {
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let errors = '';
  child.stderr.on('data', (data: Buffer) => (errors += data.toString()));
  const ended = new Promise<number | null>((resolve) => child.on('exit', resolve));
  const ready = new Promise((resolve) => child.stdout.once('data', resolve));
  await Promise.race([ended, ready]);
  const code = await Promise.race([ended, sleep(ms, 'late' as const)]);
  if (code !== 'late') {
    if (code !== 0) throw new Error(errors);
    return true;
  }
  child.kill('SIGKILL');
  await ended;
  return false;
}

it('stores every record exactly once though the process is killed again and again', async () => {
  const folder = temporary();
  const program = join(folder, 'ingest.cjs');
  await build({
    entryPoints: [join(import.meta.dirname, 'ingestChild.ts')],
    bundle: true,
    platform: 'node',
    format: 'cjs',
    outfile: program,
  });
  const next = random(11);
  const ids = ['r0', 'r1', 'r2'];
  const steps = 30_000;
  const store = openStore(folder);
  const expected = new Map<string, number[]>();
  for (const id of ids) {
    const run = newRun(folder, id, { objective: { metric: 'b', goal: 'maximize' } });
    store.runs.insert(run);
    for (const file of ['rank0-1.ndjson', 'rank0-2.ndjson']) {
      const values: number[] = [];
      let text = '';
      for (let step = 0; step < steps; step++) {
        const value = Math.round(next() * 1e9) / 1e6;
        values.push(value);
        const name = file === 'rank0-1.ndjson' ? 'a' : 'b';
        text += `{"type":"metrics","time":${1e12 + step},"values":{"${name}":${value}}}\n`;
      }
      writeFileSync(journal(run, file), text);
      expected.set(`${id} ${file === 'rank0-1.ndjson' ? 'a' : 'b'}`, values);
    }
  }
  store.close();

  let kills = 0;
  while (!(await ingestFor(program, [folder, ids.join(',')], next() * (100 + 10 * kills)))) {
    kills++;
    if (kills % 5 === 0 && existsSync(join(folder, 'told'))) {
      // The engine that comes next finds all that was told.
      const again = openStore(folder);
      const told = new Map(
        readFileSync(join(folder, 'told'), 'utf8')
          .split('\n')
          .slice(0, -1)
          .map((line) => line.split(' ') as [string, string]),
      );
      for (const [id, count] of told) {
        expect(again.runs.get(id)?.metrics.a?.count ?? 0).toBeGreaterThanOrEqual(Number(count));
      }
      again.close();
    }
  }
  expect(kills).toBeGreaterThan(2);

  const last = openStore(folder);
  for (const [key, values] of expected) {
    const [id = '', metric = ''] = key.split(' ');
    const { points } = last.series.points(id, metric, { limit: 1e6 });
    expect(points.length).toBe(steps);
    expect(points.filter((point, i) => point.value !== values[i] || point.step !== i)).toEqual([]);
    expect(last.runs.get(id)?.metrics[metric]).toEqual({
      count: steps,
      last: values.at(-1),
      lastStep: steps - 1,
      min: Math.min(...values),
      max: Math.max(...values),
    });
    if (metric === 'b') expect(last.runs.get(id)?.objective?.value).toBe(Math.max(...values));
  }
}, 240_000);
