/** Formats the examination of a network for a terminal. */
import { EXAMINED, type Examined } from '../protocol/examined.js';
import { safeLine } from './terminal.js';

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const short = (value: number): string => String(Number(value.toPrecision(3)));
/** Inputs that are listed. */
const MOST_INPUTS = 20;

export function examinedLines(found: Examined): string[] {
  const lines: string[] = [];
  const { clean, calibration } = found;
  if (clean) {
    lines.push('', `Accuracy on ${clean.examples} examples: ${percent(clean.accuracy)}`);
    for (const { kind, levels } of [...found.attacks, ...found.corruptions]) {
      const name = kind === 'fgsm' || kind === 'pgd' ? kind.toUpperCase() : kind;
      const each = levels.map(({ level, accuracy }) => `${short(level)}: ${percent(accuracy)}`);
      lines.push(`  ${name.padEnd(10)}  ${each.join('   ')}`);
    }
  }
  if (calibration) {
    const { ece, scaledEce, temperature } = calibration;
    lines.push('', `Calibration error: ${percent(ece)}`);
    const better = scaledEce < ece ? percent(scaledEce) : `${percent(scaledEce)}: no better`;
    lines.push(`  divided by the temperature ${short(temperature)}: ${better}`);
  }
  if (found.explained.length > 0) {
    lines.push('', `Explained by integrated gradients (in the panel: "${EXAMINED.explanation}")`);
    for (const { example, actual, predicted, gap } of found.explained) {
      const what =
        predicted === null
          ? ''
          : predicted === actual
            ? `${safeLine(predicted)}`
            : `${safeLine(actual ?? '')} predicted as ${safeLine(predicted)}`;
      lines.push(`  example ${example}  ${what}  the attributions miss ${percent(gap)} of the output`);
    }
  }
  if (found.inputs.length > 0) {
    lines.push('', 'Inputs by mean |attribution|');
    const shown = found.inputs.slice(0, MOST_INPUTS);
    const width = Math.max(...shown.map(({ name }) => safeLine(name).length));
    for (const { name, importance } of shown) lines.push(`  ${safeLine(name).padEnd(width)}  ${short(importance)}`);
  }
  if (found.media > 0) lines.push('', `${found.media} pictures and plots are in the panel, under Media.`);
  return lines;
}
