import type { Command } from '../command.js';
import { JSON_OPTION, TRUST_OPTION } from '../command.js';
import { CAPTURE_OPTION, readCaptureOption } from '../captureOption.js';
import type { Search } from '../../protocol/engine/index.js';
import type { EngineConnection } from '../../engine/clients/index.js';
import { UsageError } from '../errors.js';
import { withSendConsent, YES_OPTION } from '../sendConsent.js';
import { markAt } from '../../protocol/values/floats.js';
import { formatNumber, formatParam } from '../../format/numbers.js';
import { secondsOf } from '../../experiment/network/index.js';
import { followSearch } from '../follow/search.js';
import { searchJson } from '../text/shapes.js';
import { safe, safeLine } from '../text/terminal.js';
import type { Context } from '../context.js';
import { sayFileWarnings } from '../fileWarnings.js';
import { PLACE_OPTION, readPlaceOption } from '../place.js';
import { sayWarnings } from './run.js';
import { l10n } from '../../format/l10n.js';

export const search: Command = {
  name: 'search',
  usage: 'FILE | [FILE] --resume ID [--retry-failed]',
  summary: l10n.t('Starts the search that an experiment file describes, and shows its trials until it ends.'),
  details: l10n.t(
    'Ctrl+C once stops the search and its trials; twice leaves at once. --resume resumes a stopped search; with --trials, any search continues to that number of trials, even a running or completed one; with FILE, it uses the search space that the file has now. Interrupted trials resume in their own runs. With --retry-failed, trials that failed or were stopped individually are run again, from their newest checkpoint if they have one. Exit code: 0 if the search completed with a best trial, 1 otherwise.',
  ),
  options: {
    trials: { type: 'string', value: 'N', help: l10n.t("Number of trials. Default: the file's.") },
    time: { type: 'string', value: 'TIME', help: l10n.t("Time limit, such as 60s, 10m or 2h. Default: the file's.") },
    parallel: { type: 'string', value: 'N', help: l10n.t('Trials at once. Default: as many as the devices hold.') },
    seed: { type: 'string', value: 'N', help: l10n.t("Seed of the search. Default: the file's.") },
    name: { type: 'string', value: 'NAME', help: l10n.t('Name of the search.') },
    resume: { type: 'string', value: 'ID', help: l10n.t('Resume this search.') },
    'retry-failed': {
      type: 'boolean',
      help: l10n.t('With --resume: run failed and stopped trials again, under their own numbers.'),
    },
    'give-up-after': {
      type: 'string',
      value: 'N',
      help: l10n.t("End the search after N failed trials if none has succeeded; 0: never. Default: the file's."),
    },
    on: PLACE_OPTION,
    capture: CAPTURE_OPTION,
    trust: TRUST_OPTION,
    yes: YES_OPTION,
    detach: { type: 'boolean', short: 'd', help: l10n.t('Print the id and return; the search continues.') },
    json: JSON_OPTION,
  },
  examples: [
    ['tunesmith search digits.tune.yaml', l10n.t('as the file says')],
    ['tunesmith search digits.tune.yaml --trials 100 --parallel 4', l10n.t('more trials, four at once')],
    ['tunesmith search --resume 01j8x2k4ab --trials 150', l10n.t('continue a search of 100 trials to 150')],
    ['tunesmith search --resume 01j8x2k4ab --retry-failed', l10n.t('once the program is fixed')],
    ['tunesmith search digits.tune.yaml --json > best.json', l10n.t('write the result for a script')],
  ],
  args: [0, 1],
  async run(context, input) {
    const search = await startOrResume(context, input);
    if (input.flag('detach')) {
      if (input.flag('json')) context.json(searchJson(search));
      else context.print(search.id);
      return 0;
    }
    const ended = await followSearch(context, search, { quiet: input.flag('json') });
    if (input.flag('json')) context.json(searchJson(ended));
    else {
      printEnd(context, ended);
      if (ended.best) await sayWarnings(context, ended.best.run);
    }
    if (ended.status === 'running' || ended.status === 'paused') return 130;
    return ended.status === 'completed' && (ended.best || !ended.objective) ? 0 : 1;
  },
};

async function startOrResume(context: Context, input: Parameters<Command['run']>[1]): Promise<Search> {
  if (input.args[0] !== undefined && !input.flag('json')) sayFileWarnings(context, context.file(input.args[0]));
  const engine = await context.engine();
  const resumed = input.text('resume');
  if (resumed !== undefined) {
    const trials = input.whole('trials');
    const time = timeOf(input);
    const trust = input.flag('trust') ? { trust: true as const } : {};
    const file = input.args[0] === undefined ? null : context.file(input.args[0]);
    const retry = input.flag('retry-failed');
    const isChanged = trials !== undefined || time !== undefined || file !== null;
    if (isChanged)
      await changeSearch(engine, resumed, file, {
        ...(trials !== undefined && { trials }),
        ...(time !== undefined && { time }),
        ...trust,
      });
    else if (!retry) await engine.request('searches/resume', { id: resumed, ...trust });
    if (retry) await retryFailed(context, engine, resumed, trust);
    return engine.request('searches/get', { id: resumed });
  }
  if (input.flag('retry-failed')) throw new UsageError(l10n.t('--retry-failed needs --resume ID.'));
  const [trials, parallel, seed] = [input.whole('trials'), input.whole('parallel'), input.whole('seed', 0)];
  const giveUpAfter = input.whole('give-up-after', 0);
  const time = timeOf(input);
  const name = input.text('name');
  if (name?.trim() === '') throw new UsageError(l10n.t('--name needs a name.'));
  const { search } = await withSendConsent(context, input.flag('yes'), (consent) =>
    engine.request('searches/start', {
      file: context.file(input.args[0] ?? ''),
      ...readCaptureOption(input),
      ...readPlaceOption(input),
      ...(name === undefined ? {} : { name }),
      ...(trials === undefined ? {} : { trials }),
      ...(parallel === undefined ? {} : { parallel }),
      ...(seed === undefined ? {} : { seed }),
      ...(giveUpAfter === undefined ? {} : { giveUpAfter }),
      ...(time === undefined ? {} : { time }),
      ...consent,
    }),
  );
  return search;
}

/** Reads `--time` as seconds. */
export function timeOf(input: Parameters<Command['run']>[1]): number | undefined {
  const text = input.text('time');
  if (text === undefined) return undefined;
  const seconds = secondsOf(text);
  if (seconds === null) throw new UsageError(l10n.t('--time takes a time such as 60s, 10m or 2h, not "{0}".', text));
  return seconds;
}

async function retryFailed(
  context: Context,
  engine: EngineConnection,
  id: string,
  trust: { trust?: true },
): Promise<void> {
  const { search, retried } = await engine.request('searches/retry', { id, ...trust });
  if (search.status === 'paused') await engine.request('searches/resume', { id });
  context.say(l10n.t('Trials run again: {0}', retried.join(', ')));
}

/** `file`: the search's own, to be read again. */
async function changeSearch(
  engine: EngineConnection,
  id: string,
  file: string | null,
  asked: { trials?: number; time?: number; trust?: boolean },
): Promise<void> {
  const search = await engine.request('searches/get', { id });
  if (file !== null && search.file !== file) {
    throw new UsageError(
      l10n.t(
        '{0} was started from {1}: name that one, or none.',
        safeLine(search.name),
        safeLine(search.file ?? l10n.t('no file')),
      ),
    );
  }
  const change = { ...asked, ...(file !== null && { reread: true }) };
  await engine.request('searches/change', { id, ...change });
  if (search.status === 'paused') await engine.request('searches/resume', { id });
}

function printEnd(context: Context, search: Search): void {
  const { paint } = context;
  const { completed, pruned, failed, stopped } = search.counts;
  const counts = [
    l10n.t('{0} completed', completed),
    l10n.t('{0} pruned', pruned),
    l10n.t('{0} failed', failed),
    l10n.t('{0} stopped', stopped),
  ];
  context.print(
    `${paint(search.status === 'completed' ? 'green' : 'yellow', search.status)} ${paint('bold', safeLine(search.name))} ` +
      paint('dim', `${search.id} · ${counts.filter((each) => !each.startsWith('0')).join(', ')}`),
  );
  if (search.error) context.say(paint('red', safe(l10n.retold(search.error))));
  if (search.best) {
    const { run, params, floats, objective } = search.best;
    context.print(
      l10n.t(
        '{0} best {1} {2} {3}',
        paint('green', '★'),
        safeLine(search.objective?.metric ?? ''),
        paint('bold', formatNumber(objective)),
        paint('dim', run),
      ),
    );
    const column = Math.max(...Object.keys(params).map((name) => name.length));
    for (const [name, value] of Object.entries(params))
      context.print(`  ${safeLine(name).padEnd(column)}  ${safeLine(formatParam(value, markAt(floats, name)))}`);
  } else if (search.objective) context.say(l10n.t('No trial reported the objective.'));
}
