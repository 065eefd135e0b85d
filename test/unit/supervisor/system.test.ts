import { chmodSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  Gpus,
  gpuMetrics,
  parseAmd,
  parseApple,
  parseNvidia,
  parseRocm,
} from '../../../src/engine/supervisor/system/gpus.js';
import { gpuFacts } from '../../../src/engine/supervisor/record/gpus.js';
import { intervalAt } from '../../../src/engine/supervisor/system/sampler.js';
import { parsePs } from '../../../src/engine/supervisor/system/usage.js';

describe('the answers of tools', () => {
  test('nvidia-smi: missing values are null, invalid lines are skipped', () => {
    const csv = 'Failed to initialize\n0, GPU-aaaa, 5, 100, 50.50, 40\n1, GPU-bbbb, [N/A], 3, [Not Supported], 41\n';
    expect(parseNvidia(csv, undefined)).toEqual([
      { index: 0, use: 5, memory: 100, power: 50.5, temperature: 40 },
      { index: 1, use: null, memory: 3, power: null, temperature: 41 },
    ]);
    expect(parseNvidia(csv, '1,0').map(({ index }) => index)).toEqual([1, 0]);
    expect(parseNvidia(csv, 'GPU-bb').map(({ index }) => index)).toEqual([1]);
    expect(parseNvidia(csv, '-1')).toEqual([]);
  });

  test('rocm-smi: by the beginnings of its keys', () => {
    const facts = {
      'GPU use (%)': '37',
      'VRAM Total Memory (B)': '17163091968',
      'VRAM Total Used Memory (B)': '1073741824',
      'Average Graphics Package Power (W)': '41.0',
      'Temperature (Sensor edge) (C)': '53.0',
    };
    const json = JSON.stringify({ card0: facts, card1: {}, system: { 'Driver version': '6.7' } });
    expect(parseRocm(json)).toEqual([
      { index: 0, use: 37, memory: 1024, power: 41, temperature: 53 },
      { index: 1, use: null, memory: null, power: null, temperature: null },
    ]);
    expect(() => parseRocm('not found')).toThrow();
  });

  test('amd-smi: with units or without, in a list or an object', () => {
    const of = (value: unknown, unit: string) => ({ value, unit });
    const first = {
      gpu: 0,
      usage: { gfx_activity: of(37, '%'), umc_activity: of(2, '%') },
      power: { socket_power: of(141, 'W'), power_management: 'ENABLED' },
      temperature: { edge: 'N/A', hotspot: of(53, 'C'), mem: of(40, 'C') },
      mem_usage: { total_vram: of(196_592, 'MB'), used_vram: of(283, 'MB') },
    };
    const second = { gpu: 1, usage: 'N/A', power: { socket_power: '41 W' }, temperature: { edge: 44 } };
    const expected = [
      { index: 0, use: 37, memory: 283, power: 141, temperature: 53 },
      { index: 1, use: null, memory: null, power: 41, temperature: 44 },
    ];
    expect(parseAmd(JSON.stringify([first, second, null, { gpu: 'x' }]))).toEqual(expected);
    expect(parseAmd(JSON.stringify({ gpu_data: [first, second] }))).toEqual(expected);
    for (const odd of ['{}', 'null', '3', 'not found']) expect(() => parseAmd(odd), odd).toThrow(SyntaxError);
  });

  test('ioreg: use and memory', () => {
    const text = '"PerformanceStatistics" = {"In use system memory"=536870912,"Device Utilization %"=63}';
    expect(parseApple(text)).toEqual([{ index: 0, use: 63, memory: 512, power: null, temperature: null }]);
    expect(parseApple('')).toEqual([]);
  });

  test('ps: processor time of seconds, hours and days', () => {
    const text = '  12     1    12   2048   0:01.50\n 13 12 12 4096 2:03:04\n 14 1 14 8 1-00:00:01\nnonsense\n';
    expect(parsePs(text).map(({ pid, cpu, memory }) => [pid, cpu, memory])).toEqual([
      [12, 1.5, 2 << 20],
      [13, 7384, 4 << 20],
      [14, 86_401, 8192],
    ]);
  });
});

describe.skipIf(process.platform !== 'linux')(
  'tools alone on the PATH, with the answers that the Python client is tested with',
  () => {
    const answers = join(__dirname, '../../fixtures/gpus');
    const expected = JSON.parse(readFileSync(join(answers, 'metrics.json'), 'utf8')) as Record<string, object>;

    test.each(['nvidia-smi', 'rocm-smi', 'amd-smi'])('%s', async (name) => {
      const folder = mkdtempSync(join(tmpdir(), 'tools ü '));
      const answer = JSON.stringify(readFileSync(join(answers, `${name}.txt`), 'utf8'));
      writeFileSync(join(folder, name), `#!${process.execPath}\nprocess.stdout.write(${answer});\n`);
      chmodSync(join(folder, name), 0o755);
      expect(gpuMetrics(await new Gpus({ PATH: folder }).read())).toEqual(expected[name]);
      if (name === 'nvidia-smi')
        expect(await new Gpus({ PATH: folder, CUDA_VISIBLE_DEVICES: '-1' }).read()).toEqual([]);
    });

    test('facts by each tool, the next one if one has none', async () => {
      const facts = join(answers, 'facts');
      const known = JSON.parse(readFileSync(join(facts, 'facts.json'), 'utf8')) as Record<string, object>;
      const asked = (...there: string[]) => {
        const ask = async (name: string) =>
          there.includes(name) ? readFileSync(join(facts, `${name}.txt`), 'utf8') : Promise.reject(new Error(name));
        return gpuFacts(ask, there.includes('ioreg') ? 'darwin' : 'linux');
      };
      for (const name of Object.keys(known)) expect(await asked(name)).toEqual(known[name]);
      expect(await asked('amd-smi', 'rocm-smi')).toEqual(known['rocm-smi']);
      expect(await asked()).toEqual([]);
      for (const odd of ['', '{}', '[]', 'null', '[[', '{"card0": null, "gpu_data": 3}', 'Failed\n'])
        expect((await gpuFacts(async () => odd)).every(({ name }) => name === 'AMD GPU')).toBe(true);
    });

    test('ioreg', () => {
      const text = readFileSync(join(answers, 'ioreg.txt'), 'utf8');
      expect(gpuMetrics(parseApple(text))).toEqual(expected.ioreg);
    });
  },
);

test('a long run is sampled less often', () => {
  expect([0, 119_999, 120_000, 3_600_000, 1e9].map(intervalAt)).toEqual([2000, 2000, 5000, 15_000, 60_000]);
});
