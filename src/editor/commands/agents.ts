/** Budgets for agents: giving one, and taking them back. */
import * as path from 'node:path';
import * as vscode from 'vscode';
import { MOST_HOURS } from '../../protocol/engine/agents.js';
import { l10n } from '../../format/l10n.js';
import type { Parts } from './parts.js';
import { fileFor } from './asking/pick.js';
import type { Handlers } from './registry.js';

type Names = Extract<keyof Handlers, `agents.${string}`>;

export function agentCommands(parts: Parts): Pick<Handlers, Names> {
  const { engines } = parts;
  return {
    'agents.allow': async (arg, given) => {
      const file = await fileFor(parts, arg, l10n.t('Give Agents a Budget'));
      const hours = given ?? (await askHours(path.basename(file)));
      if (hours === undefined) throw new vscode.CancellationError();
      await engines.need(file).request('agents/allow', { file, hours });
    },

    'agents.disallow': async () => {
      let count = 0;
      for (const folder of engines.folders) {
        const known = await folder.requestIfRunning('agents/permissions', {});
        for (const { file } of known?.grants ?? []) {
          await folder.request('agents/allow', { file, hours: null });
          count++;
        }
      }
      void vscode.window.showInformationMessage(
        count === 0
          ? l10n.t('Agents have no budget: they ask before they act.')
          : l10n.t('Agents no longer have a budget: they ask before they act. Runs in progress continue.'),
      );
      return count;
    },
  };
}

async function askHours(name: string): Promise<number | undefined> {
  const text = await vscode.window.showInputBox({
    title: l10n.t('Give Agents a Budget'),
    prompt: l10n.t('Device hours that agents may use on {0} without asking', name),
    value: '1',
    validateInput: (value) =>
      readHours(value) === undefined ? l10n.t('A number greater than 0 and at most {0}', MOST_HOURS) : undefined,
  });
  return text === undefined ? undefined : readHours(text);
}

function readHours(text: string): number | undefined {
  const hours = Number(text);
  return text.trim() !== '' && hours > 0 && hours <= MOST_HOURS ? hours : undefined;
}
