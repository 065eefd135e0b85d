/** Formats the examination of a network for a terminal. */
import { EXAMINED, type Examined } from '../../protocol/trainer/examined.js';
import { safeLine } from './terminal.js';
import { l10n } from '../../format/l10n.js';

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const short = (value: number): string => String(Number(value.toPrecision(3)));
/** Inputs that are listed. */
const MOST_INPUTS = 20;

export function examinedLines(found: Examined): string[] {
  const lines: string[] = [];
  const { clean, calibration } = found;
  if (clean) {
    lines.push('', l10n.t('Accuracy on {0} examples: {1}', clean.examples, percent(clean.accuracy)));
    for (const { kind, levels } of [...found.attacks, ...found.corruptions]) {
      const name = kind === 'fgsm' || kind === 'pgd' ? kind.toUpperCase() : kind;
      const each = levels.map(({ level, accuracy }) => `${short(level)}: ${percent(accuracy)}`);
      lines.push(`  ${name.padEnd(10)}  ${each.join('   ')}`);
    }
  }
  if (calibration) {
    const { ece, scaledEce, temperature } = calibration;
    lines.push('', l10n.t('Calibration error: {0}', percent(ece)));
    const better = scaledEce < ece ? percent(scaledEce) : l10n.t('{0}: no better', percent(scaledEce));
    lines.push(`  ${l10n.t('divided by the temperature {0}: {1}', short(temperature), better)}`);
  }
  if (found.explained.length > 0) {
    lines.push('', l10n.t('Explained by integrated gradients (in the panel: "{0}")', EXAMINED.explanation));
    for (const { example, actual, predicted, gap } of found.explained) {
      const what =
        predicted === null
          ? ''
          : predicted === actual
            ? `${safeLine(predicted)}`
            : l10n.t('{0} predicted as {1}', safeLine(actual ?? ''), safeLine(predicted));
      lines.push(
        `  ${l10n.t('example {0}  {1}  the attributions miss {2} of the output', example, what, percent(gap))}`,
      );
    }
  }
  if (found.inputs.length > 0) {
    lines.push('', l10n.t('Inputs by mean |attribution|'));
    const shown = found.inputs.slice(0, MOST_INPUTS);
    const width = Math.max(...shown.map(({ name }) => safeLine(name).length));
    for (const { name, importance } of shown) lines.push(`  ${safeLine(name).padEnd(width)}  ${short(importance)}`);
  }
  if (found.media > 0) lines.push('', l10n.t('{0} pictures and plots are in the panel, under Media.', found.media));
  return lines;
}
