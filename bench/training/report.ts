/** docs/benchmarks/training.md from the figures. */
import type { Rate } from './side.js';

export interface Measured {
  title: string;
  text: string;
  /** Samples a second by side: a backend, or `torch-N` with N threads. */
  rates: Record<string, Rate>;
  details: Record<string, string>;
}

/** Milliseconds by backend. */
export type StartTimes = Record<string, number>;

export interface Facts {
  machine: string;
  commit: string;
  rounds: number;
  seconds: number;
  threads: number;
  /** Programs that wanted a core when it began. */
  load: number;
}

const isTorch = (name: string) => name.startsWith('torch-');
const number = (value: number) => Math.round(value).toLocaleString('en');

export function reportText(measured: Measured[], starts: StartTimes, facts: Facts): string {
  const torch = measured.flatMap(({ details }) => Object.entries(details).filter(([name]) => isTorch(name)));
  const version = torch[0]?.[1] ?? 'no PyTorch here';
  const lines = [
    '# How fast the trainer is',
    '',
    'Our trainer beside PyTorch on the processor, made by `node bench/training/run.mjs`; not edited by hand.',
    '',
    `- ${version}; ours at ${facts.commit}. ${facts.machine}.`,
    `- Both make each batch from bytes in a shuffled order, go forward, back and through Adam, read the loss of every step and count`,
    `  right answers. In turns of ${facts.seconds} s, ${facts.rounds} of each; the best turn counts, being the least disturbed.`,
    facts.threads === 1
      ? '- All have one thread.'
      : `- A ratio is to the faster of PyTorch with one thread and with ${facts.threads}. Native TensorFlow has ${facts.threads}, WebAssembly and plain JavaScript one.`,
    `- "A CPU second" is of the time of all threads together, which a busy machine changes little. When this began, ${number(facts.load)} programs`,
    `  wanted one of its cores${facts.load > 2 ? ': judge by CPU seconds' : ''}.`,
    '',
  ];
  for (const { title, text, rates } of measured) {
    const references = Object.entries(rates).flatMap(([name, rate]) => (isTorch(name) ? [rate] : []));
    const most = (of: (rate: Rate) => number) => Math.max(...references.map(of));
    const ratio = (value: number, reference: number) =>
      Number.isFinite(reference) ? (value / reference).toFixed(2) : '–';
    lines.push(`## ${title}`, '', `${text[0]!.toUpperCase()}${text.slice(1)}.`, '');
    lines.push('| | samples/s | to PyTorch | a CPU second | to PyTorch |', '| --- | --: | --: | --: | --: |');
    for (const [name, { clock, cpu }] of Object.entries(rates)) {
      const side = isTorch(name) ? `PyTorch, ${name.slice(6)} thread${name === 'torch-1' ? '' : 's'}` : `\`${name}\``;
      const cells = [clock, cpu].map(
        (rate, i) =>
          `${number(rate)} | ${ratio(
            rate,
            most((one) => (i ? one.cpu : one.clock)),
          )}`,
      );
      lines.push(`| ${side} | ${cells.join(' | ')} |`);
    }
    lines.push('');
  }
  if (Object.keys(starts).length > 0) {
    lines.push(
      '## Start of a trial',
      '',
      'From the start of the training process to its first step: a small table, an MLP. `auto` chooses among the backends by a',
      'timing that is remembered.',
      '',
      '| | ms |',
      '| --- | --: |',
      ...Object.entries(starts).map(([name, time]) => `| \`${name}\` | ${number(time)} |`),
      '',
    );
  }
  return lines.join('\n');
}
