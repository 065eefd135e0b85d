/** result.json's shape, and result.md from it. */
import { NETS } from '../training/nets.js';
import type { Rung } from './rungs.js';

export interface Row extends Rung {
  /** Agreement with WebAssembly's training, in words; null: not compared. */
  agrees: string | null;
  /** Samples per second by network, or the reason why there is no figure. */
  rates: Record<string, number | string>;
}

export interface Result {
  machine: Record<string, string>;
  /** The project's commit when it was packed. */
  commit: string | null;
  torch: string;
  nets: string[];
  rounds: number;
  seconds: number;
  rows: Row[];
}

const isTorch = ({ id }: Row) => id.startsWith('torch-');
const cell = (text: string) => text.replaceAll('|', '\\|').replace(/\s+/g, ' ').slice(0, 300);

export function markdown({ machine, commit, torch, nets, rounds, seconds, rows }: Result): string {
  const reference = rows.find(({ id }) => id === 'torch-cuda') ?? rows.find(({ id }) => id === 'torch-cpu');
  const lines = ['# GPU check', '', ...Object.entries(machine).map(([name, fact]) => `- ${name}: ${cell(fact)}`)];
  lines.push(`- torch: ${cell(torch)}`, `- packed at: ${commit ?? 'no commit'}`, '');
  lines.push('| backend | works on | what was found | trains right |', '| --- | --- | --- | --- |');
  for (const row of rows.filter((one) => !isTorch(one))) {
    const on = row.works ? (row.device === 'gpu' ? 'GPU' : 'CPU') : '–';
    const right = row.agrees ?? (row.id === 'wasm' && row.works ? 'the others are compared with it' : '–');
    lines.push(`| \`${row.id}\` | ${on} | ${cell(row.reason)} | ${cell(right)} |`);
  }
  const measured = rows.filter(({ rates }) => Object.keys(rates).length > 0);
  if (measured.length > 0) {
    const titles = nets.map((net) => NETS[net]!.title);
    lines.push('', `Samples a second, the best of ${rounds} turns of ${seconds} s; beside them the share of PyTorch's`);
    lines.push(`${reference ? `(${reference.name})` : '(none here)'}.`, '');
    lines.push(`| | ${titles.join(' | ')} |`, `| --- |${' --: |'.repeat(nets.length)}`);
    for (const row of measured) {
      const cells = nets.map((net) => {
        const [rate, other] = [row.rates[net], reference?.rates[net]];
        if (typeof rate !== 'number') return rate ? cell(rate) : '–';
        const share = typeof other === 'number' && row !== reference ? ` (${(rate / other).toFixed(2)})` : '';
        return `${Math.round(rate).toLocaleString('en')}${share}`;
      });
      lines.push(`| ${isTorch(row) ? row.name : `\`${row.id}\``} | ${cells.join(' | ')} |`);
    }
  }
  return `${lines.join('\n')}\n`;
}
