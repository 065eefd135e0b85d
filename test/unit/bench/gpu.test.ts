import { expect, it } from 'vitest';
import { compareLosses } from '../../../bench/gpu/agree.js';
import { markdown, type Result } from '../../../bench/gpu/report.js';

it('tells losses that differ from rounding', () => {
  const expected = { mlp: [2.31, 2.28], lstm: [2.4, 2.2] };
  expect(compareLosses(expected, { mlp: [2.3101, 2.2799], lstm: [2.4, 2.2] })).toBe('trains as WebAssembly does');
  expect(compareLosses(expected, { mlp: [2.31, 2.4], lstm: [2.4, 2.2] })).toBe('mlp: losses differ by 0.053');
  expect(compareLosses(expected, { mlp: [NaN, 2.28], lstm: [2.4] })).toBe(
    'mlp: losses differ by NaN; lstm: losses differ by NaN',
  );
  expect(compareLosses(expected, { mlp: 'SIGSEGV', lstm: [2.4, 2.2] })).toBe('mlp: failed: SIGSEGV');
});

it('writes a table of what works and of what each does beside PyTorch', () => {
  const row = { device: null, agrees: null, rates: {} };
  const result: Result = {
    machine: { gpu: 'A | B' },
    commit: 'abc',
    torch: 'PyTorch 2',
    nets: ['mlp', 'lstm'],
    rounds: 3,
    seconds: 2,
    rows: [
      { ...row, id: 'tfjs-node-gpu', name: 'x', works: false, reason: 'not\nhere' },
      { ...row, id: 'webgpu', name: 'x', works: true, device: 'gpu', reason: 'a card', agrees: 'yes', rates: { mlp: 1500, lstm: 'failed: it crashed' } }, // prettier-ignore
      {
        ...row,
        id: 'torch-cpu',
        name: 'PyTorch on the processor',
        works: true,
        reason: '',
        rates: { mlp: 9, lstm: 9 },
      },
      { ...row, id: 'torch-cuda', name: 'PyTorch on the GPU', works: true, reason: '', rates: { mlp: 3000, lstm: 9 } },
    ],
  };
  const lines = markdown(result).split('\n');
  expect(lines).toContain('- gpu: A \\| B');
  expect(lines).toContain('| `tfjs-node-gpu` | – | not here | – |');
  expect(lines).toContain('| `webgpu` | GPU | a card | yes |');
  expect(lines).toContain('| `webgpu` | 1,500 (0.50) | failed: it crashed |');
  expect(lines).toContain('| PyTorch on the GPU | 3,000 | 9 |');
  expect(lines.filter((line) => line.includes('torch-'))).toEqual([]);
});
