import { existsSync } from 'node:fs';
import { workspacePaths } from '../../engine/disk/paths.js';
import { suggest } from '../../experiment/suggest.js';
import { JSON_OPTION, type Command } from '../command.js';
import { UsageError } from '../errors.js';
import { formatDuration } from '../../format/times.js';
import { safeLine } from '../text/terminal.js';
import { l10n } from '../../format/l10n.js';

export const engine: Command = {
  name: 'engine',
  usage: 'status|stop',
  summary: l10n.t('Shows whether an engine is running for this folder, or stops it.'),
  details: l10n.t(
    'Without --force, the engine refuses to stop while it has work. With --force, live runs continue and the next engine takes them over.',
  ),
  options: { force: { type: 'boolean', help: l10n.t('With stop: stop it even if it has work.') }, json: JSON_OPTION },
  examples: [['tunesmith engine status --json', l10n.t('{pid, version, clients, runs, …}, or null when none runs')]],
  args: [1, 1],
  async run(context, input) {
    const what = input.args[0]!;
    if (what !== 'status' && what !== 'stop') {
      const near = suggest(what, ['status', 'stop']);
      throw new UsageError(
        l10n.t('engine takes status or stop, not "{0}"{1}', what, near ? l10n.t('; did you mean "{0}"?', near) : '.'),
      );
    }
    const connection = await context.runningEngine();
    if (!connection) {
      if (input.flag('json')) context.json(null);
      else {
        context.print(l10n.t('No engine is running for {0}.', safeLine(context.workspace)));
        const { log } = workspacePaths(context.workspace);
        if (existsSync(log)) context.print(`  ${l10n.t('log of the last one: {0}', safeLine(log))}`);
      }
      return 0;
    }
    try {
      if (what === 'stop') {
        await connection.request('engine/stop', { force: input.flag('force') });
        context.print(l10n.t('The engine is shutting down.'));
        return 0;
      }
      const status = await connection.request('engine/status', {});
      if (input.flag('json')) context.json(status);
      else {
        context.print(
          l10n.t('Engine {0}, process {1}, for {2}', status.version, status.pid, safeLine(status.workspace)),
        );
        context.print(
          `  ${l10n.t('up {0}, {1} clients, {2} live runs, {3} searches', formatDuration(Date.now() - status.startedAt), status.clients, status.runs, status.searches)}`,
        );
        context.print(`  ${l10n.t('log {0}', safeLine(status.log))}`);
        const { progress } = status;
        if (progress)
          context.print(`  ${l10n.t('its index is being built: {0} of {1} runs so far', progress.done, progress.of)}`);
        if (status.problem) context.print(context.paint('yellow', `  ${safeLine(status.problem)}`));
        const { notice } = connection.engine;
        if (notice !== null) context.print(`  ${safeLine(notice)}`);
      }
      return 0;
    } finally {
      connection.dispose();
    }
  },
};
