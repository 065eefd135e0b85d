import { existsSync } from 'node:fs';
import { workspacePaths } from '../../engine/disk/paths.js';
import { suggest } from '../../experiment/suggest.js';
import { JSON_OPTION, type Command } from '../command.js';
import { UsageError } from '../errors.js';
import { formatDuration } from '../../format/times.js';
import { safeLine } from '../terminal.js';

export const engine: Command = {
  name: 'engine',
  usage: 'status|stop',
  summary: 'Shows whether an engine is running for this folder, or stops it.',
  details:
    'Without --force, the engine refuses to stop while it has work. With --force, live runs continue and the next ' +
    'engine takes them over.',
  options: { force: { type: 'boolean', help: 'With stop: stop it even if it has work.' }, json: JSON_OPTION },
  examples: [['tunesmith engine status --json', '{pid, version, clients, runs, …}, or null when none runs']],
  args: [1, 1],
  async run(context, input) {
    const what = input.args[0]!;
    if (what !== 'status' && what !== 'stop') {
      const near = suggest(what, ['status', 'stop']);
      throw new UsageError(`engine takes status or stop, not "${what}"${near ? `; did you mean "${near}"?` : '.'}`);
    }
    const connection = await context.runningEngine();
    if (!connection) {
      if (input.flag('json')) context.json(null);
      else {
        context.print(`No engine is running for ${safeLine(context.workspace)}.`);
        const { log } = workspacePaths(context.workspace);
        if (existsSync(log)) context.print(`  log of the last one: ${safeLine(log)}`);
      }
      return 0;
    }
    try {
      if (what === 'stop') {
        await connection.request('engine/stop', { force: input.flag('force') });
        context.print('The engine is shutting down.');
        return 0;
      }
      const status = await connection.request('engine/status', {});
      if (input.flag('json')) context.json(status);
      else {
        context.print(`Engine ${status.version}, process ${status.pid}, for ${safeLine(status.workspace)}`);
        context.print(
          `  up ${formatDuration(Date.now() - status.startedAt)}, ${status.clients} clients, ${status.runs} live runs, ${status.searches} searches`,
        );
        context.print(`  log ${safeLine(status.log)}`);
        const { progress } = status;
        if (progress) context.print(`  its index is being built: ${progress.done} of ${progress.of} runs so far`);
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
