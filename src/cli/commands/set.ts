/** Changes hyperparameters of a running training. */
import { setTimeout as sleep } from 'node:timers/promises';
import { suggest } from '../../experiment/suggest.js';
import type { RunDetail, RunMessage } from '../../protocol/engine/index.js';
import { hasEntry } from '../../protocol/values/records.js';
import type { Params } from '../../protocol/values/index.js';
import type { Command } from '../command.js';
import { JSON_OPTION } from '../command.js';
import { CommandError, UsageError } from '../errors.js';
import { readSettings } from '../settings.js';
import { safeLine } from '../text/terminal.js';
import { l10n } from '../../format/l10n.js';

/** Time in which the built-in trainer answers; it looks for changes between two batches. */
const ANSWER_MS = 10_000;
const POLL_MS = 100;

export const set: Command = {
  name: 'set',
  usage: 'RUN NAME=VALUE …',
  summary: l10n.t('Changes hyperparameters of a running training.'),
  details: l10n.t(
    'The built-in trainer applies the learning rate at once, and from the next epoch on the other settings of the same optimizer, the schedule, regularization, dropout rates, batch size, number of epochs and more (docs/network.md). A Python program receives the values in `run.on_set`, a module in `run.onSet`.',
  ),
  options: { json: JSON_OPTION },
  examples: [['tunesmith set latest lr=0.001', l10n.t('a smaller learning rate from here on')]],
  args: [2, 1000],
  async run(context, input) {
    const [word, ...written] = input.args as [string, ...string[]];
    const settings = readSettings(written, 'set');
    const { id } = await context.run(word);
    const engine = await context.engine();
    const before = await engine.request('runs/get', { id });
    checkNames(before, settings.params);
    await engine.request('runs/set', { id, ...settings });
    const answer = isNetwork(before)
      ? await answered(() => engine.request('runs/get', { id }), before, settings.params)
      : null;
    const refused = answer?.level === 'warning';
    if (input.flag('json')) {
      const result = refused ? 'refused' : answer ? 'applied' : 'sent';
      context.json({ run: id, params: settings.params, result, message: answer?.text ?? null });
    } else if (answer && !refused) {
      context.print(safeLine(answer.text));
    } else if (!answer) {
      context.print(l10n.t('sent to {0}: its program has not confirmed it', id));
    }
    if (refused && !input.flag('json')) throw new CommandError(safeLine(answer.text));
    return refused ? 1 : 0;
  },
};

function checkNames({ name, params }: RunDetail, wanted: Params): void {
  const known = Object.keys(params);
  const strange = Object.keys(wanted).find((each) => !hasEntry(params, each));
  if (strange === undefined) return;
  const near = suggest(strange, known);
  const hint = near
    ? l10n.t('did you mean "{0}"?', near)
    : known.length > 0
      ? l10n.t('it has {0}', known.join(', '))
      : l10n.t('it has none');
  throw new UsageError(safeLine(l10n.t('The run {0} has no parameter "{1}"; {2}.', name, strange, hint)));
}

/** True for a run of the built-in trainer, which names its backend and answers changes with a message. */
const isNetwork = ({ info }: RunDetail): boolean => hasEntry(info, 'backend') && hasEntry(info, 'train_examples');

/** Waits for the trainer's message about the change; null: there was none, or the run has ended. */
async function answered(get: () => Promise<RunDetail>, before: RunDetail, params: Params): Promise<RunMessage | null> {
  const names = Object.entries(params).map(([name, value]) => `${name} = ${JSON.stringify(value)}`);
  const count = (messages: readonly RunMessage[], text: string): number =>
    messages.find((one) => one.text === text)?.count ?? 0;
  const end = Date.now() + ANSWER_MS;
  for (;;) {
    const { messages, status } = await get();
    const found = messages.find(
      ({ text, count: now }) => text.startsWith(names.join(', ')) && now > count(before.messages, text),
    );
    if (found || status !== 'running' || Date.now() > end) return found ?? null;
    await sleep(POLL_MS);
  }
}
