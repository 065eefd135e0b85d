/** The short form of bench/fuzz: hostile inputs at every boundary. */
import { spawnSync } from 'node:child_process';
import * as path from 'node:path';
import { expect, it } from 'vitest';
import { breed } from '../../../bench/fuzz/mutate.js';

it('bench/fuzz: nothing crashes, hangs or fills the memory', { timeout: 300_000 }, () => {
  const root = path.resolve(import.meta.dirname, '../../..');
  const args = [path.join(root, 'bench/fuzz/run.mjs'), '--inputs', '120', '--seed', '7'];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', cwd: root });
  expect(stderr).toBe('');
  expect(status, stdout).toBe(0);
  const [, inputs, refused, accepted, crashes] = /\*\*all\*\* \| (\d+) \| (\d+) \| (\d+) \| (\d+)/
    .exec(stdout)!
    .map(Number);
  expect(inputs).toBeGreaterThan(2000);
  expect(refused! + accepted!).toBe(inputs);
  expect(refused).toBeGreaterThan(500);
  expect(accepted).toBeGreaterThan(200);
  expect(crashes).toBe(0);
});

it('bench/fuzz: an input is the same for the same seed, boundary and index', () => {
  const samples = ['a: [1, 2]\n', '{"b": 3}'];
  const bred = (seed: number) => Array.from({ length: 200 }, (_, i) => breed(samples, 'x', seed, i).toString('hex'));
  expect(bred(1)).toEqual(bred(1));
  expect(bred(1)).not.toEqual(bred(2));
  expect(new Set(bred(1)).size).toBeGreaterThan(150);
});
