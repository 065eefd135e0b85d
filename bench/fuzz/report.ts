import * as os from 'node:os';
import type { Tally } from './types.js';

const HEAD = ['Boundary', 'Inputs', 'Refused', 'Accepted', 'Crashes', 'Slowest, ms CPU', 'Memory, MB'];

export function tableOf(tallies: readonly Tally[]): string {
  const sum = (of: (tally: Tally) => number): number => tallies.reduce((total, tally) => total + of(tally), 0);
  const rows = tallies.map((t) => [
    ...[t.name, t.inputs, t.refused, t.accepted, t.crashes.length],
    ...[Math.round(t.slowest.milliseconds), Math.round(t.peak)],
  ]);
  const crashes = sum((t) => t.crashes.length);
  rows.push(['**all**', sum((t) => t.inputs), sum((t) => t.refused), sum((t) => t.accepted), crashes, '', '']);
  const line = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`;
  return [line(HEAD), line(HEAD.map((_, i) => (i ? '---:' : '---'))), ...rows.map(line)].join('\n');
}

export function reportOf(tallies: readonly Tally[], { seed, seconds }: { seed: number; seconds: number }): string {
  return `# Hostile inputs

Written by \`node bench/fuzz/run.mjs --report docs/benchmarks/fuzz.md\`; the inputs are the same for the same seed on every machine.
A short form of it is part of \`npm test\`.

Every boundary where files, lines and messages come in is given valid inputs cut at every byte, and inputs bred from valid ones: bits
and bytes changed, lengths made giant, parts doubled, moved and left out, names of inherited properties, numbers that are none, deep
nesting, circular aliases, escape sequences, bytes that are no UTF-8. Each must be accepted or refused with a sentence, within two
seconds (experiment files four, ask-tell five: each of its lines may ask a sampler) and without filling the memory.

${tableOf(tallies)}

*Slowest* is the processor time of one input, *Memory* what the process grew by beside its own start, all inputs together.
Seed ${seed}, ${Math.round(seconds)} s, Node ${process.versions.node}, ${os.cpus().length} cores.
`;
}
