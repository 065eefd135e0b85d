/** The texts of `--help`. */
import { COMMON, type Command } from './command.js';
import { COMMANDS } from './commands/index.js';

/** Columns of a help text. */
const WIDTH = 80;

/** Returns the help of `tunesmith` itself. */
export function overview(version: string): string {
  const column = Math.max(...COMMANDS.map((command) => command.name.length)) + 2;
  return [
    `tunesmith ${version}: experiment tracking and hyperparameter tuning on your own machine`,
    '',
    'Usage: tunesmith COMMAND …',
    '',
    ...COMMANDS.map((command) => `  ${command.name.padEnd(column)}${command.summary}`),
    '',
    '`tunesmith COMMAND --help` shows the options of a command. `tunesmith --version` prints the version.',
  ].join('\n');
}

/** Returns the help of one command. */
export function helpOf(command: Command): string {
  const options = Object.entries({ ...command.options, ...COMMON }).map(([name, option]) => {
    const head = `${option.short ? `-${option.short}, ` : ''}--${name}${option.value ? ` ${option.value}` : ''}`;
    return [head, option.help] as const;
  });
  const column = Math.max(...options.map(([head]) => head.length)) + 2;
  return [
    `tunesmith ${command.name} ${command.usage}`.trimEnd(),
    '',
    wrap(command.summary, WIDTH, 0),
    ...(command.details ? ['', ...command.details.split('\n').map((line) => wrap(line, WIDTH, 0))] : []),
    '',
    'Options:',
    ...options.map(([head, help]) => `  ${head.padEnd(column)}${wrap(help, WIDTH - 2 - column, column + 2)}`),
    ...(command.examples.length
      ? ['', 'Examples:', ...command.examples.flatMap(([line, what]) => [`  ${line}`, `      ${what}`])]
      : []),
  ].join('\n');
}

function wrap(text: string, columns: number, indent: number): string {
  const lines: string[] = [''];
  for (const word of text.split(' ')) {
    const last = lines[lines.length - 1]!;
    if (last && last.length + 1 + word.length > columns) lines.push(word);
    else lines[lines.length - 1] = last ? `${last} ${word}` : word;
  }
  return lines.join(`\n${' '.repeat(indent)}`);
}
