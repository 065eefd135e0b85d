/**
 * Sweep files of the public kinds with their scripts, run for real: with nothing of W&B installed, `import wandb` is answered by
 * Tunesmith, and what each program got is compared with a golden text.
 */
import { cpSync, globSync, readdirSync } from 'node:fs';
import * as path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Workspace } from './workspace.js';

const folder = path.join(import.meta.dirname, 'sweeps');
const sweeps = readdirSync(folder).sort();

let here: Workspace;
beforeAll(async () => {
  here = await Workspace.open({});
  cpSync(folder, here.folder, { recursive: true });
});
afterAll(() => here.dispose());

interface Ended {
  search: string;
  status: string;
  counts: Record<string, number>;
  best: { params: Record<string, unknown>; objective: number } | null;
}

it('are at least sixteen', () => expect(sweeps.length).toBeGreaterThanOrEqual(16));

it.each(sweeps)(
  '%s',
  async (name) => {
    const [file] = globSync(`${name}/**/sweep.yaml`, { cwd: folder });
    const { code, out, err } = await here.tunesmith(['search', file!, '--seed', '1', '--parallel', '1', '--json']);
    const search = JSON.parse(out || 'null') as Ended | null;
    const runs = await here.tunesmith(['ls', '--json', '--search', search?.search ?? 'none']);
    const trials = (JSON.parse(runs.out) as { id: string; createdAt: string }[]).reverse();
    const lines: string[] = [];
    for (const { id } of trials) {
      const log = await here.tunesmith(['log', id]);
      lines.push(log.out.split('\n').find((line) => line.startsWith('got ')) ?? log.out);
    }
    expect(code, `${err}\n${lines.join('\n')}`).toBe(0);
    expect(lines.length).toBeGreaterThanOrEqual(2);
    const { failed = 0, completed = 0 } = search!.counts;
    expect(failed).toBe(0);
    const best = search!.best === null ? 'no objective' : `best ${search!.best.objective}`;
    const shown = `${search!.status}: ${completed} completed, ${best}\n${lines.join('\n')}\n`;
    await expect(shown).toMatchFileSnapshot(`golden/sweeps/${name}.txt`);
  },
  60_000,
);
