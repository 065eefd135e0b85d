import * as path from 'node:path';
import type { AlertCondition, KeptAlertRule } from '../../protocol/alerts.js';
import { JSON_OPTION, type Command, type Input } from '../command.js';
import type { Context } from '../context.js';
import { UsageError } from '../errors.js';
import { safeLine } from '../terminal.js';

export const alert: Command = {
  name: 'alert',
  usage: '[FILE] [--metric NAME --above X|--below X | --nan | --stall SECONDS | --failed | --ended] …',
  summary: 'Sets alerts on runs, lists them, or removes them.',
  details:
    "Each alert notifies you once per run: in the editor, through waiting agents, and by a command or a webhook if you name one. Without FILE it applies to all runs of the folder. Rules are stored in your own Tunesmith home: a folder can't add a command. The command gets the alert in TUNESMITH_ALERT, TUNESMITH_ALERT_RUN, _NAME and _EXPERIMENT; the webhook gets it as JSON, its sentence under 'text'.",
  options: {
    metric: { type: 'string', value: 'NAME', help: 'The metric of --above or --below.' },
    above: { type: 'string', value: 'X', help: 'When a value is greater than this.' },
    below: { type: 'string', value: 'X', help: 'When a value is less than this.' },
    nan: { type: 'boolean', help: 'When the last value of any metric is NaN or infinite.' },
    stall: { type: 'string', value: 'SECONDS', help: 'When a running run has logged nothing for that long.' },
    failed: { type: 'boolean', help: 'When a run fails.' },
    ended: { type: 'boolean', help: 'When a run ends, however it ends.' },
    command: {
      type: 'string',
      multiple: true,
      value: 'WORD',
      help: 'Start this program; repeat it for each of its arguments. No shell reads it.',
    },
    webhook: { type: 'string', value: 'URL', help: 'Post the alert there (http or https).' },
    remove: { type: 'string', value: 'ID', help: 'Remove this rule; "all" removes all of them.' },
    json: JSON_OPTION,
  },
  examples: [
    ['tunesmith alert --nan', 'in the editor, when a metric becomes NaN'],
    ['tunesmith alert --stall 600 --webhook https://chat.example/hook', 'when nothing is logged for ten minutes'],
    ['tunesmith alert digits.tune.yaml --metric val/accuracy --above 0.98', 'for the runs of one file'],
    ['tunesmith alert --failed --command notify-send --command Tunesmith --command "A run failed"', 'starts a program'],
    ['tunesmith alert', 'the rules'],
  ],
  args: [0, 1],
  async run(context, input) {
    const engine = await context.engine();
    const remove = input.text('remove');
    const when = conditionOf(input);
    if (remove !== undefined) {
      if (when) throw new UsageError('--remove takes no condition.');
      await engine.request('alerts/remove', { id: remove === 'all' ? null : remove });
    } else if (when) {
      const [name] = input.args;
      const command = input.texts('command');
      const webhook = input.text('webhook') ?? null;
      if (webhook !== null && !/^https?:\/\/./.test(webhook))
        throw new UsageError(`--webhook takes an address that begins with http:// or https://, not "${webhook}".`);
      await engine.request('alerts/add', {
        file: name === undefined ? null : context.file(name),
        when,
        command: command.length > 0 ? command : null,
        webhook,
      });
    } else if (input.args.length > 0 || input.texts('command').length > 0 || input.text('webhook') !== undefined)
      throw new UsageError(
        'Give a condition: --metric NAME with --above or --below, --nan, --stall, --failed or --ended.',
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
    if (metric === undefined) throw new UsageError(`--${kind} needs --metric NAME.`);
    found.push({ kind, metric, value: numberFrom(kind, text) });
  }
  if (metric !== undefined && found.length === 0) throw new UsageError('--metric needs --above X or --below X.');
  const stall = input.text('stall');
  if (stall !== undefined) {
    const seconds = numberFrom('stall', stall);
    if (seconds <= 0) throw new UsageError(`--stall takes seconds above 0, not "${stall}".`);
    found.push({ kind: 'stall', seconds });
  }
  for (const kind of ['nan', 'failed', 'ended'] as const) if (input.flag(kind)) found.push({ kind });
  if (found.length > 1) throw new UsageError('One condition at a time: set an alert for each.');
  return found[0] ?? null;
}

function numberFrom(name: string, text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new UsageError(`--${name} takes a number, not "${text}".`);
  return value;
}

function show(context: Context, rules: readonly KeptAlertRule[]): void {
  if (rules.length === 0) return context.print('No alert is set.');
  for (const { id, file, when, command, webhook } of rules) {
    const about = file === null ? 'all runs' : path.relative(context.cwd, file) || file;
    const ways = [command && `starts ${command.join(' ')}`, webhook && `posts to ${webhook}`].filter(Boolean);
    context.print(`${id}  ${safeLine([about, textOf(when), ...ways].join(' · '))}`);
  }
}

function textOf(when: AlertCondition): string {
  if (when.kind === 'above' || when.kind === 'below') return `${when.metric} ${when.kind} ${when.value}`;
  if (when.kind === 'stall') return `nothing logged for ${when.seconds} s`;
  return { nan: 'a metric is NaN or infinite', failed: 'failed', ended: 'ended' }[when.kind];
}
