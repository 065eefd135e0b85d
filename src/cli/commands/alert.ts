import * as path from 'node:path';
import type { AlertCondition, KeptAlertRule } from '../../protocol/engine/alerts.js';
import { JSON_OPTION, type Command, type Input } from '../command.js';
import type { Context } from '../context.js';
import { UsageError } from '../errors.js';
import { safeLine } from '../text/terminal.js';
import { l10n } from '../../format/l10n.js';

export const alert: Command = {
  name: 'alert',
  usage: '[FILE] [--metric NAME --above X|--below X | --nan | --stall SECONDS | --failed | --ended] …',
  summary: l10n.t('Sets alerts on runs, lists them, or removes them.'),
  details: l10n.t(
    "Each alert notifies you once per run: in the editor, through waiting agents, and by a command or a webhook if you name one. Without FILE it applies to all runs of the folder. Rules are stored in your own Tunesmith home: a folder can't add a command. The command gets the alert in TUNESMITH_ALERT, TUNESMITH_ALERT_RUN, _NAME and _EXPERIMENT; the webhook gets it as JSON, its sentence under 'text'.",
  ),
  options: {
    metric: { type: 'string', value: 'NAME', help: l10n.t('The metric of --above or --below.') },
    above: { type: 'string', value: 'X', help: l10n.t('When a value is greater than this.') },
    below: { type: 'string', value: 'X', help: l10n.t('When a value is less than this.') },
    nan: { type: 'boolean', help: l10n.t('When the last value of any metric is NaN or infinite.') },
    stall: { type: 'string', value: 'SECONDS', help: l10n.t('When a running run has logged nothing for that long.') },
    failed: { type: 'boolean', help: l10n.t('When a run fails.') },
    ended: { type: 'boolean', help: l10n.t('When a run ends, however it ends.') },
    command: {
      type: 'string',
      multiple: true,
      value: 'WORD',
      help: l10n.t('Start this program; repeat it for each of its arguments. No shell reads it.'),
    },
    webhook: { type: 'string', value: 'URL', help: l10n.t('Post the alert there (http or https).') },
    remove: { type: 'string', value: 'ID', help: l10n.t('Remove this rule; "all" removes all of them.') },
    json: JSON_OPTION,
  },
  examples: [
    ['tunesmith alert --nan', l10n.t('in the editor, when a metric becomes NaN')],
    [
      'tunesmith alert --stall 600 --webhook https://chat.example/hook',
      l10n.t('when nothing is logged for ten minutes'),
    ],
    ['tunesmith alert digits.tune.yaml --metric val/accuracy --above 0.98', l10n.t('for the runs of one file')],
    [
      'tunesmith alert --failed --command notify-send --command Tunesmith --command "A run failed"',
      l10n.t('starts a program'),
    ],
    ['tunesmith alert', l10n.t('the rules')],
  ],
  args: [0, 1],
  async run(context, input) {
    const engine = await context.engine();
    const remove = input.text('remove');
    const when = conditionOf(input);
    if (remove !== undefined) {
      if (when) throw new UsageError(l10n.t('--remove takes no condition.'));
      await engine.request('alerts/remove', { id: remove === 'all' ? null : remove });
    } else if (when) {
      const [name] = input.args;
      const command = input.texts('command');
      const webhook = input.text('webhook') ?? null;
      if (webhook !== null && !/^https?:\/\/./.test(webhook))
        throw new UsageError(
          l10n.t('--webhook takes an address that begins with http:// or https://, not "{0}".', webhook),
        );
      await engine.request('alerts/add', {
        file: name === undefined ? null : context.file(name),
        when,
        command: command.length > 0 ? command : null,
        webhook,
      });
    } else if (input.args.length > 0 || input.texts('command').length > 0 || input.text('webhook') !== undefined)
      throw new UsageError(
        l10n.t('Give a condition: --metric NAME with --above or --below, --nan, --stall, --failed or --ended.'),
      );
    const { rules } = await engine.request('alerts/list', {});
    if (input.flag('json')) context.json(rules);
    else show(context, rules);
    return 0;
  },
};

function conditionOf(input: Input): AlertCondition | null {
  const metric = input.text('metric');
  const found: AlertCondition[] = [];
  for (const kind of ['above', 'below'] as const) {
    const text = input.text(kind);
    if (text === undefined) continue;
    if (metric === undefined) throw new UsageError(l10n.t('--{0} needs --metric NAME.', kind));
    found.push({ kind, metric, value: numberFrom(kind, text) });
  }
  if (metric !== undefined && found.length === 0)
    throw new UsageError(l10n.t('--metric needs --above X or --below X.'));
  const stall = input.text('stall');
  if (stall !== undefined) {
    const seconds = numberFrom('stall', stall);
    if (seconds <= 0) throw new UsageError(l10n.t('--stall takes seconds above 0, not "{0}".', stall));
    found.push({ kind: 'stall', seconds });
  }
  for (const kind of ['nan', 'failed', 'ended'] as const) if (input.flag(kind)) found.push({ kind });
  if (found.length > 1) throw new UsageError(l10n.t('One condition at a time: set an alert for each.'));
  return found[0] ?? null;
}

function numberFrom(name: string, text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value))
    throw new UsageError(l10n.t('--{0} takes a number, not "{1}".', name, text));
  return value;
}

function show(context: Context, rules: readonly KeptAlertRule[]): void {
  if (rules.length === 0) return context.print(l10n.t('No alert is set.'));
  for (const { id, file, when, command, webhook } of rules) {
    const about = file === null ? l10n.t('all runs') : path.relative(context.cwd, file) || file;
    const ways = [
      command && l10n.t('starts {0}', command.join(' ')),
      webhook && l10n.t('posts to {0}', webhook),
    ].filter(Boolean);
    context.print(`${id}  ${safeLine([about, textOf(when), ...ways].join(' · '))}`);
  }
}

function textOf(when: AlertCondition): string {
  if (when.kind === 'above' || when.kind === 'below') return `${when.metric} ${when.kind} ${when.value}`;
  if (when.kind === 'stall') return l10n.t('nothing logged for {0} s', when.seconds);
  return { nan: l10n.t('a metric is NaN or infinite'), failed: 'failed', ended: 'ended' }[when.kind];
}
