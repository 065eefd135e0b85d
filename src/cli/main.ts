/** The command line: everything the panel can do, in a terminal. */
import { EngineError } from '../engine/clients/index.js';
import { suggest } from '../experiment/suggest.js';
import { askTell } from './askTell.js';
import { helpOf, readInput, type Command } from './command.js';
import { backends } from './commands/backends.js';
import { enqueue, pause, rerun, resume, rm, stop } from './commands/control.js';
import { doctor } from './commands/doctor.js';
import { engine } from './commands/engine.js';
import { evaluate, predict } from './commands/predict.js';
import { exportRuns } from './commands/export.js';
import { importRuns } from './commands/import.js';
import { best, importance } from './commands/insight.js';
import { log } from './commands/log.js';
import { lrRange } from './commands/lrRange.js';
import { ls } from './commands/ls.js';
import { metrics } from './commands/metrics.js';
import { run } from './commands/run.js';
import { search } from './commands/search.js';
import { show } from './commands/show.js';
import { tune } from './commands/tune.js';
import { types } from './commands/types.js';
import { validate } from './commands/validate.js';
import { Context, currentFolder, findWorkspace } from './context.js';
import { CommandError, renderProblem, UsageError } from './errors.js';
import { paintFor, safe } from './terminal.js';

const COMMANDS: Command[] = [
  run,
  tune,
  search,
  ls,
  show,
  best,
  importance,
  metrics,
  log,
  stop,
  pause,
  resume,
  enqueue,
  rerun,
  rm,
  importRuns,
  exportRuns,
  lrRange,
  evaluate,
  predict,
  validate,
  types,
  askTell,
  backends,
  engine,
  doctor,
];

const version = process.env.TUNESMITH_VERSION ?? '0.0.0';

function overview(): string {
  const column = Math.max(...COMMANDS.map((command) => command.name.length)) + 2;
  return [
    `tunesmith ${version}: experiment tracking and hyperparameter tuning on your own machine`,
    '',
    'Usage: tunesmith COMMAND …',
    '',
    ...COMMANDS.map((command) => `  ${command.name.padEnd(column)}${command.summary}`),
    '',
    '`tunesmith COMMAND --help` says more. `tunesmith --version` prints the version.',
  ].join('\n');
}

async function main(argv: string[]): Promise<number> {
  const [word, ...rest] = argv;
  if (word === undefined || word === '--help' || word === '-h' || word === 'help') {
    const named = COMMANDS.find((command) => command.name === rest[0]);
    console.log(named ? helpOf(named) : overview());
    return word === undefined ? 2 : 0;
  }
  if (word === '--version' || word === '-v') {
    console.log(version);
    return 0;
  }
  const command = COMMANDS.find((each) => each.name === word);
  if (!command) {
    const near = suggest(
      word,
      COMMANDS.map((each) => each.name),
    );
    throw new UsageError(
      `There is no command "${word}"${near ? `; did you mean "${near}"?` : '.'} See: tunesmith --help`,
    );
  }
  const input = readInput(command, rest);
  if (input.flag('help')) {
    console.log(helpOf(command));
    return 0;
  }
  const workspace = input.text('workspace') ?? findWorkspace(currentFolder());
  const context = new Context(workspace, __dirname, version);
  try {
    return await command.run(context, input);
  } finally {
    context.dispose();
  }
}

function explain(error: unknown): number {
  const paint = paintFor(process.stderr);
  const say = (text: string): void => void process.stderr.write(`${text}\n`);
  if (error instanceof UsageError) {
    say(`${paint('red', 'tunesmith:')} ${safe(error.message)}`);
    return 2;
  }
  if (error instanceof EngineError || error instanceof CommandError) {
    error.problems.forEach((problem) => say(renderProblem(problem, process.cwd(), paint)));
    if (error.problems.length === 0) say(`${paint('red', 'tunesmith:')} ${safe(error.message)}`);
    return error instanceof CommandError ? error.exitCode : 1;
  }
  const message = error instanceof Error ? error.message : String(error);
  say(`${paint('red', 'tunesmith:')} ${safe(message)}`);
  if (process.env.TUNESMITH_DEBUG && error instanceof Error) say(safe(error.stack ?? ''));
  return 1;
}

// A reader that goes away (`| head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
main(process.argv.slice(2))
  .catch(explain)
  .then((code) => {
    process.exitCode = code;
    // Sockets and timers of a command that was left early must not keep the terminal.
    setTimeout(() => process.exit(code), 1000).unref();
  });
