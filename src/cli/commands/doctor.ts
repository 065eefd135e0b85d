import { spawnSync } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { findNode } from '../../engine/clients/index.js';
import { JSON_OPTION, type Command } from '../command.js';
import { safeLine } from '../text/terminal.js';
import { l10n } from '../../format/l10n.js';

const SIGNS = { fine: ['green', '✓'], note: ['blue', '·'], problem: ['red', '✗'] } as const;

export const doctor: Command = {
  name: 'doctor',
  usage: '[--repair]',
  summary: l10n.t('Checks the state of Tunesmith for this folder: home, engine, index, journals, permissions.'),
  details: l10n.t(
    'It starts and changes nothing. With --repair it moves a damaged index aside and rebuilds it from the folders of the runs, reads journals again, closes files to other users, and removes the files of workspaces that no longer exist. Exit code 1 means that a problem remains.',
  ),
  options: {
    repair: { type: 'boolean', help: l10n.t('Repair the problems that can be repaired.') },
    json: JSON_OPTION,
  },
  examples: [
    ['tunesmith doctor', l10n.t('report problems')],
    ['tunesmith doctor --repair', l10n.t('repair them')],
  ],
  args: [0, 0],
  async run(context, input) {
    // It reads the index, which an older Node can't; the terminal's Node may be older than the engine's.
    if (!isBuiltin('node:sqlite')) {
      const node = await findNode(context.dist);
      const { status } = spawnSync(node.execPath, process.argv.slice(1), {
        env: { ...process.env, ...node.env },
        stdio: 'inherit',
      });
      return status ?? 1;
    }
    // Loaded on demand, so that all other commands start under an older Node.
    const { examine } = await import('../../engine/doctor/index.js');
    const shown = [];
    let left = 0;
    let rebuilds = false;
    for (const { repair, ...finding } of examine(realpathSync(context.workspace))) {
      let outcome: 'repaired' | string | null = null;
      if (repair && input.flag('repair')) {
        try {
          repair();
          outcome = 'repaired';
          rebuilds ||= finding.about === 'index' || finding.about === 'journals';
        } catch (error) {
          outcome = (error as Error).message;
        }
      }
      if (finding.state === 'problem' && outcome !== 'repaired') left++;
      shown.push({ ...finding, outcome });
    }
    // The next engine builds the index; it may as well do so now.
    if (rebuilds) await context.engine();
    if (input.flag('json')) context.json({ workspace: context.workspace, problems: left, findings: shown });
    else {
      for (const { about, state, text, remedy, outcome } of shown) {
        const [color, sign] = SIGNS[state];
        context.print(`${context.paint(color, sign)} ${about.padEnd(11)} ${safeLine(text)}`);
        if (outcome === 'repaired') context.print(`              ${context.paint('green', `Repaired. ${remedy}`)}`);
        else if (outcome !== null)
          context.print(`              ${l10n.t('Could not be repaired: {0}', safeLine(outcome))}`);
        else if (remedy !== undefined) context.print(`              ${l10n.t('With --repair: {0}', remedy)}`);
      }
    }
    return left > 0 ? 1 : 0;
  },
};
