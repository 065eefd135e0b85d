import { JSON_OPTION, type Command } from '../command.js';
import { UsageError } from '../errors.js';
import { safeLine } from '../terminal.js';

const KINDS = ['local', 'slurm'] as const;

export const cluster: Command = {
  name: 'cluster',
  usage: 'check [local|slurm]',
  summary: 'Checks where runs can execute: this machine, and Slurm.',
  details:
    'A small program goes the whole way of a run, through the scheduler to a node and back over the shared folder. Without a name, ' +
    'this machine is checked, and Slurm if sbatch is on the PATH. Exit code 1 means that one of them does not work.',
  options: { json: JSON_OPTION },
  examples: [
    ['tunesmith cluster check', 'check every place that is available'],
    ['tunesmith cluster check slurm --json', 'try Slurm, as an array of {name, kind, ok, reason}'],
  ],
  args: [1, 2],
  async run(context, input) {
    const [action, name] = input.args;
    if (action !== 'check') throw new UsageError(`unknown action "${action}": use \`tunesmith cluster check\``);
    const known = KINDS.find((kind) => kind === name);
    if (name !== undefined && !known) throw new UsageError(`unknown place "${name}" (known: ${KINDS.join(', ')})`);
    // Loaded on demand, so that all other commands start faster.
    const { check, placesToCheck } = await import('../../engine/executors/check.js');
    const checks = [];
    for (const kind of known ? [known] : placesToCheck()) {
      if (!input.flag('json')) context.say(`${kind} …`);
      checks.push(await check(kind, { workspace: context.workspace, dist: context.dist }));
    }
    if (input.flag('json')) context.json(checks);
    else
      for (const { name: place, ok, reason } of checks)
        context.print(
          `${ok ? context.paint('green', '✓') : context.paint('red', '✗')} ${place.padEnd(6)} ${safeLine(reason)}`,
        );
    return checks.every(({ ok }) => ok) ? 0 : 1;
  },
};
