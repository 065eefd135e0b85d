/** The texts of `--help`. */
import { COMMON, type Command } from '../command.js';
import { COMMANDS } from '../commands/index.js';
import { width } from './terminal.js';
import { l10n } from '../../format/l10n.js';

/** Columns of a help text. */
const WIDTH = 80;

/** Returns the help of `tunesmith` itself. */
export function overview(version: string): string {
  const column = Math.max(...COMMANDS.map((command) => command.name.length)) + 2;
  return [
    l10n.t('tunesmith {0}: experiment tracking and hyperparameter tuning on your own machine', version),
    '',
    l10n.t('Usage: tunesmith COMMAND …'),
    '',
    ...COMMANDS.map((command) => `  ${command.name.padEnd(column)}${command.summary}`),
    '',
    l10n.t('`tunesmith COMMAND --help` shows the options of a command. `tunesmith --version` prints the version.'),
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
    l10n.t('Options:'),
    ...options.map(([head, help]) => `  ${head.padEnd(column)}${wrap(help, WIDTH - 2 - column, column + 2)}`),
    ...(command.examples.length
      ? ['', l10n.t('Examples:'), ...command.examples.flatMap(([line, what]) => [`  ${line}`, `      ${what}`])]
      : []),
  ].join('\n');
}

function wrap(text: string, columns: number, indent: number): string {
  const lines: string[] = [''];
  for (const piece of pieces(text)) {
    const last = lines[lines.length - 1]!;
    if (last && width(last) + width(piece.trimEnd()) > columns) lines.push(piece.trimStart());
    else lines[lines.length - 1] = last + piece;
  }
  return lines.map((line) => line.trimEnd()).join(`\n${' '.repeat(indent)}`);
}

/** Parts of a text between which a line may end: behind spaces, and between characters of scripts that have none. */
const pieces = (text: string): string[] =>
  text.match(/[\u3000-\u9fff\uff00-\uffef][，。；：、）”」』！？]*|[^\s\u3000-\u9fff\uff00-\uffef]+\s*|\s+/g) ?? [text];
