import * as path from 'node:path';
import { MOST_HOURS } from '../../protocol/engine/agents.js';
import { JSON_OPTION, type Command } from '../command.js';
import type { Context } from '../context.js';
import { UsageError } from '../errors.js';
import { safeLine } from '../text/terminal.js';
import { l10n } from '../../format/l10n.js';

export const allow: Command = {
  name: 'allow',
  usage: '[FILE] [--hours N | --none]',
  summary: l10n.t('Gives agents a budget of device hours for an experiment file, shows the budgets, or revokes them.'),
  details: l10n.t(
    'Within a budget, agents may start runs and searches of the file, steer what they have started, and write values into the file, without asking. Hours are counted by wall time on devices. When they are spent, everything still running under the budget is stopped. The budget is stored in your own Tunesmith home, never in the folder.',
  ),
  options: {
    hours: {
      type: 'string',
      value: 'N',
      help: l10n.t('Device hours from now on, such as 2 or 0.5. Replaces an earlier budget.'),
    },
    none: { type: 'boolean', help: l10n.t('Revoke the budget; without FILE: all budgets of the folder.') },
    json: JSON_OPTION,
  },
  examples: [
    ['tunesmith allow digits.tune.yaml --hours 2', l10n.t('agents may use two device hours on this experiment')],
    ['tunesmith allow', l10n.t('the budgets and their use')],
    ['tunesmith allow --none', l10n.t('revoke all budgets')],
  ],
  args: [0, 1],
  async run(context, input) {
    const [name] = input.args;
    const hours = input.text('hours');
    const engine = await context.engine();
    if (hours !== undefined && input.flag('none'))
      throw new UsageError(l10n.t('--hours and --none exclude each other.'));
    if (hours !== undefined) {
      if (name === undefined) throw new UsageError(l10n.t('Name the experiment file: tunesmith allow FILE --hours N'));
      await engine.request('agents/allow', { file: context.file(name), hours: readHours(hours) });
    } else if (input.flag('none')) {
      // The file may be gone.
      const file = name === undefined ? null : path.resolve(context.cwd, name);
      const { grants } = await engine.request('agents/permissions', {});
      for (const grant of grants)
        if (file === null || grant.file === file)
          await engine.request('agents/allow', { file: grant.file, hours: null });
    } else if (name !== undefined)
      throw new UsageError(l10n.t('Give an amount: --hours N, or --none to revoke the budget.'));
    await show(context, input.flag('json'));
    return 0;
  },
};

async function show(context: Context, json: boolean): Promise<void> {
  const engine = await context.engine();
  const { grants } = await engine.request('agents/permissions', {});
  if (json) return context.json(grants);
  if (grants.length === 0) return context.print(l10n.t('Agents have no budget here: they ask before they act.'));
  for (const { file, hours, usedHours } of grants) {
    const shown = path.relative(context.cwd, file) || file;
    context.print(l10n.t('{0}: {1} of {2} device hours used', safeLine(shown), Number(usedHours.toFixed(2)), hours));
  }
}

function readHours(text: string): number {
  const hours = Number(text);
  if (text.trim() !== '' && hours > 0 && hours <= MOST_HOURS) return hours;
  throw new UsageError(l10n.t('--hours takes a number above 0 and up to {0}, not "{1}".', MOST_HOURS, text));
}
