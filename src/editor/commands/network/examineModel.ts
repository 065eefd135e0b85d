/** The questions and the report of *Explain and Test Model…*. */
import { cell, reportHead, row } from './modelReport.js';
import * as vscode from 'vscode';
import { STRENGTHS, type Examined, type ExamineSettings } from '../../../protocol/trainer/examined.js';
import type { TrainerLine } from '../../../protocol/trainer/index.js';
import { l10n } from '../../../format/l10n.js';
import { formatNumber } from '../../../format/numbers.js';

/** Examples that are explained. */
const EXPLAINED = 12;
/** Examples that are attacked and corrupted. */
const EXAMPLES = 500;
/** Inputs of a table that are listed. */
const MOST_INPUTS = 40;

export type Check = 'explain' | 'attack' | 'corrupt' | 'calibrate';

/** Returns the examinations of the network. */
export function settingsOf(checks: readonly string[]): ExamineSettings {
  const has = (check: Check): boolean => checks.includes(check);
  return {
    explain: has('explain') ? EXPLAINED : 0,
    attack: has('attack') ? STRENGTHS : [],
    corrupt: has('corrupt'),
    calibrate: has('calibrate'),
    examples: EXAMPLES,
  };
}

export async function pickChecks(title: string): Promise<ExamineSettings> {
  const items: (vscode.QuickPickItem & { check: Check })[] = [
    {
      label: l10n.t('Explanations'),
      detail: l10n.t('Integrated gradients and occlusion of {0} examples, as pictures in the panel', EXPLAINED),
      check: 'explain',
      picked: true,
    },
    { label: l10n.t('Attacks'), detail: l10n.t('Accuracy under FGSM and PGD'), check: 'attack' },
    {
      label: l10n.t('Corruptions'),
      detail: l10n.t('Accuracy under noise, missing values, blur, contrast and brightness'),
      check: 'corrupt',
    },
    {
      label: l10n.t('Calibration'),
      detail: l10n.t('Whether its probabilities can be trusted'),
      check: 'calibrate',
      picked: true,
    },
  ];
  const picked = await vscode.window.showQuickPick(items, { title, canPickMany: true });
  if (!picked || picked.length === 0) throw new vscode.CancellationError();
  return settingsOf(picked.map(({ check }) => check));
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

export function examinedReport(
  name: string,
  { data, examples, found, notes }: Extract<TrainerLine, { type: 'examined' }>,
): string {
  const lines = [
    ...reportHead({ name, data, examples, notes }),
    ...accuracies(found),
    ...calibration(found),
    ...explanations(found),
  ];
  if (found.media > 0) lines.push(l10n.t('Pictures and plots are in the panel, under Media.'));
  return `${lines.join('\n')}\n`;
}

function accuracies({ clean, attacks, corruptions }: Examined): string[] {
  if (!clean) return [];
  const section = (title: string, kinds: Examined['attacks'] | Examined['corruptions']): string[] => {
    if (kinds.length === 0) return [];
    const rows = kinds.map(({ kind, levels }) =>
      row([kind, levels.map(({ level, accuracy }) => `${formatNumber(level)}: ${percent(accuracy)}`).join(', ')]),
    );
    return [`## ${title}`, '', row([l10n.t('Kind'), l10n.t('Accuracy by level')]), row(['---', '---']), ...rows, ''];
  };
  return [
    l10n.t('Accuracy on {0} unchanged examples: {1}', clean.examples, percent(clean.accuracy)),
    '',
    ...section(l10n.t('Attacks'), attacks),
    ...section(l10n.t('Corruptions'), corruptions),
  ];
}

function calibration({ calibration: found }: Examined): string[] {
  if (!found) return [];
  const { ece, scaledEce, temperature } = found;
  return [
    `## ${l10n.t('Calibration')}`,
    '',
    l10n.t('Expected calibration error: {0}', percent(ece)),
    '',
    scaledEce < ece
      ? l10n.t('Outputs divided by {0} would have {1}.', formatNumber(temperature), percent(scaledEce))
      : l10n.t('Dividing the outputs by a temperature does not reduce it.'),
    '',
  ];
}

function explanations({ explained, inputs }: Examined): string[] {
  if (explained.length === 0) return [];
  const rows = explained.map(({ example, actual, predicted }) =>
    row([String(example), cell(actual ?? '–'), cell(predicted ?? '–')]),
  );
  const listed = inputs
    .slice(0, MOST_INPUTS)
    .map(({ name, importance }) => row([cell(name), formatNumber(importance)]));
  return [
    `## ${l10n.t('Explanations')}`,
    '',
    row([l10n.t('Example'), l10n.t('True class'), l10n.t('Predicted')]),
    row(['---:', '---', '---']),
    ...rows,
    '',
    ...(listed.length > 0 ? [row([l10n.t('Input'), l10n.t('Importance')]), row(['---', '---:']), ...listed, ''] : []),
  ];
}
