/** The command line: everything the panel can do, in a terminal. */
import { locale } from './language.js';
import { EngineError } from '../engine/clients/index.js';
import { suggest } from '../experiment/suggest.js';
import { readInput } from './command.js';
import { COMMANDS } from './commands/index.js';
import { Context, currentFolder, findWorkspace } from './context.js';
import { CommandError, renderProblem, UsageError } from './errors.js';
import { helpOf, overview } from './text/help.js';
import { indented, paintFor, safe } from './text/terminal.js';
import { l10n } from '../format/l10n.js';

const version = process.env.TUNESMITH_VERSION ?? '0.0.0';

async function main(argv: string[]): Promise<number> {
  const [word, ...rest] = argv;
  if (word === undefined || word === '--help' || word === '-h' || word === 'help') {
    const named = COMMANDS.find((command) => command.name === rest[0]);
    console.log(named ? helpOf(named) : overview(version));
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
      l10n.t(
        'There is no command "{0}"{1} See: tunesmith --help',
        word,
        near ? l10n.t('; did you mean "{0}"?', near) : '.',
      ),
    );
  }
  const input = readInput(command, rest);
  if (input.flag('help')) {
    console.log(helpOf(command));
    return 0;
  }
  const workspace = input.text('workspace') ?? findWorkspace(currentFolder());
  const context = new Context(workspace, __dirname, version, undefined, locale);
  try {
    return await command.run(context, input);
  } finally {
    context.dispose();
  }
}

function explain(error: unknown): number {
  const paint = paintFor(process.stderr);
  const say = (text: string): void => void process.stderr.write(`${text}\n`);
  const complain = (message: string): void => say(`${paint('red', 'tunesmith:')} ${indented(message)}`);
  if (error instanceof UsageError) {
    complain(error.message);
    return 2;
  }
  if (error instanceof EngineError || error instanceof CommandError) {
    error.problems.forEach((problem) => say(renderProblem(problem, process.cwd(), paint)));
    if (error.problems.length === 0) complain(error.message);
    return error instanceof CommandError ? error.exitCode : 1;
  }
  complain(error instanceof Error ? error.message : String(error));
  if (process.env.TUNESMITH_DEBUG && error instanceof Error) say(safe(error.stack ?? ''));
  return 1;
}

// A reader that goes away (`| head`) is not an error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
main(process.argv.slice(2))
  .catch(explain)
  .then((code) => {
    process.exitCode = code;
    // Sockets and timers of a command that was left early must not keep the terminal.
    setTimeout(() => process.exit(code), 1000).unref();
  });
