import { errorText } from '../../format/said.js';
import { statusText } from '../../format/statuses.js';
import type { Run } from '../../protocol/engine/index.js';
import type { Command } from '../command.js';
import { SET_OPTION, JSON_OPTION } from '../command.js';
import { CAPTURE_OPTION, readCaptureOption } from '../captureOption.js';
import { formatNumber } from '../../format/numbers.js';
import { formatRunTime } from '../../format/times.js';
import { params } from '../text/format.js';
import { isExperimentFile } from '../../experiment/index.js';
import { isScript, missingOf, plainRunText, readScript } from '../../experiment/script/index.js';
import { UsageError } from '../errors.js';
import { withSendConsent, YES_OPTION } from '../sendConsent.js';
import { sayFileWarnings } from '../fileWarnings.js';
import { PLACE_OPTION, readPlaceOption } from '../place.js';
import { readSettings } from '../settings.js';
import { runJson } from '../text/shapes.js';
import { exitCodeOf, followRun } from '../follow/run.js';
import { messageLines } from '../text/messages.js';
import { furtherOutput, indented, safe, safeLine } from '../text/terminal.js';
import type { Context } from '../context.js';
import { ownMetrics } from '../../protocol/run/systemMetrics.js';
import { l10n } from '../../format/l10n.js';

export const run: Command = {
  name: 'run',
  usage: 'FILE [--set NAME=VALUE …] [-- ARGUMENT …]',
  summary: l10n.t('Starts one run of an experiment file or of a script as it is, and follows it until it ends.'),
  details: l10n.t(
    'An experiment file runs with its parameters. A script (.py, .js, .ts, .sh, …) runs in the current folder with its own defaults, and with the arguments after --; those that are found in the code (argparse, click, typer, dataclasses, Hydra and others) become hyperparameters. `tunesmith tune SCRIPT` writes an experiment file for it. Ctrl+C once stops the run and waits for it; twice leaves at once. Exit code: 0 when the run completed, 1 when it failed or was stopped.',
  ),
  options: {
    set: SET_OPTION,
    name: {
      type: 'string',
      value: 'NAME',
      help: l10n.t('Name of the run. Default: the parameters that differ from the file.'),
    },
    seed: { type: 'string', value: 'N', help: l10n.t('Seed of the run.') },
    on: PLACE_OPTION,
    capture: CAPTURE_OPTION,
    detach: { type: 'boolean', short: 'd', help: l10n.t('Print the id and return; the run continues.') },
    log: { type: 'boolean', help: l10n.t("Show the program's output.") },
    yes: YES_OPTION,
    json: JSON_OPTION,
  },
  examples: [
    ['tunesmith run digits.tune.yaml', l10n.t('one run with the parameters in the file')],
    ['tunesmith run digits.tune.yaml --set lr=0.01 --set optimizer=sgd', l10n.t('with two parameters changed')],
    ['tunesmith run digits.tune.yaml --detach', l10n.t('start it in the background')],
    ['tunesmith run train.py', l10n.t('a script as it is')],
    ['tunesmith run train.py -- --lr 0.01 --epochs 3', l10n.t('with arguments of its own')],
  ],
  args: [1, 10_000],
  async run(context, input) {
    const file = context.file(input.args[0]!);
    const text = isExperimentFile(file) ? undefined : textForScript(context, file, input.args.slice(1));
    if (text === undefined && input.args.length > 1)
      throw new UsageError(
        l10n.t('Unexpected argument "{0}": the parameters of an experiment file are set with --set.', input.args[1]),
      );
    if (text === undefined && !input.flag('json')) sayFileWarnings(context, file);
    const engine = await context.engine();
    const seed = input.whole('seed', 0);
    const name = input.text('name');
    if (name?.trim() === '') throw new UsageError(l10n.t('--name needs a name.'));
    const { run } = await withSendConsent(context, input.flag('yes'), (consent) =>
      engine.request('runs/start', {
        file,
        ...(text !== undefined && { text }),
        ...readSettings(input.texts('set')),
        ...readCaptureOption(input),
        ...readPlaceOption(input),
        ...(name === undefined ? {} : { name }),
        ...(seed === undefined ? {} : { seed }),
        ...consent,
      }),
    );
    if (input.flag('detach')) {
      if (input.flag('json')) context.json(runJson(run));
      else context.print(run.id);
      return 0;
    }
    const ended = await followRun(context, run, { log: input.flag('log'), quiet: input.flag('json') });
    if (input.flag('json')) printJson(context, ended);
    else {
      printEnd(context, ended);
      if (ended.warnings) await sayWarnings(context, ended.id);
    }
    return exitCodeOf(ended);
  },
};

/**
 * Returns the experiment that represents a script; undefined if the file is not a script and is read as an experiment
 * file.
 */
function textForScript(context: Context, file: string, given: string[]): string | undefined {
  if (!isScript(file)) return undefined;
  const { found, text, place } = readScript(file, context.cwd, context.workspace);
  const missing = missingOf(found, given).map(({ name }) => name);
  if (missing.length > 0)
    context.say(
      l10n.t(
        '{0} needs {1}: give it after --, or write a file with tunesmith tune.',
        safeLine(place.script),
        missing.join(', '),
      ),
    );
  return plainRunText(found, text, place, given);
}

/** Prints the run's warnings and notes about records that were left out. */
export async function sayWarnings(context: Context, id: string): Promise<void> {
  const { messages } = await (await context.engine()).request('runs/get', { id });
  const warnings = messages.filter(({ level }) => level !== 'info');
  for (const line of messageLines(warnings, context.paint, 10)) context.say(line);
}

/** Follows a run that another command has started, prints how it ended, and returns the exit code. */
export async function followToEnd(context: Context, run: Run, json: boolean): Promise<number> {
  const ended = await followRun(context, run, { log: false, quiet: json });
  if (json) printJson(context, ended);
  else printEnd(context, ended);
  return exitCodeOf(ended);
}

/** Prints the run for a script, and why it failed for the person who wrote the script. */
function printJson(context: Context, run: Run): void {
  context.json(runJson(run));
  if (run.error) context.say(`tunesmith: ${safe(errorText(run.error))}`);
}

export function printEnd(context: Context, run: Run): void {
  const { paint } = context;
  const color = run.status === 'completed' ? 'green' : 'red';
  context.print(
    `${paint(color, statusText(run.status))} ${paint('bold', safeLine(run.name))} ${paint('dim', `${run.id} · ${formatRunTime(run, Date.now())}`)}`,
  );
  context.print(`  ${safeLine(params(run))}`);
  const metrics = ownMetrics(run.metrics);
  for (const [name, summary] of metrics.slice(0, 20))
    context.print(`  ${safeLine(name)} ${formatNumber(summary.last)}`);
  if (metrics.length > 20)
    context.print(`  ${l10n.t('… and {0} more: tunesmith metrics {1}', metrics.length - 20, run.id)}`);
  if (run.error) {
    const text = errorText(run.error);
    const further = furtherOutput(run.error.logTail, text);
    context.say(paint('red', indented(text)));
    if (further !== '') context.say(paint('dim', further));
    context.say(l10n.t('The whole log: tunesmith log {0}', run.id));
  }
}
