/**
 * `run:` as one line of text becomes an argument vector by these rules, which are the same on every system and
 * involve no shell:
 *
 * - Blanks and line ends separate arguments; a backslash at a line's end is a blank.
 * - 'Between single quotes' everything is literal.
 * - "Between double quotes" everything is literal, except \" and \\.
 * - Outside quotes a backslash before a blank, a quote or a brace makes it an ordinary character; before anything
 *   else it is literal, so that C:\data\train.py needs no quotes.
 * - {name} is replaced by the hyperparameter afterwards (see `fill.ts`), so a value never becomes two arguments.
 * - What only a shell could do (pipes, &&, redirection, $VARIABLE, `…`) is refused, not passed on.
 */

import { entryOf, hasEntry } from '../../protocol/values/records.js';
import { l10n } from '../../format/l10n.js';

export interface CommandFault {
  message: string;
  hint: string;
  /** Characters of the text at fault. */
  offset: number;
  length: number;
}

export type SplitCommand = { argv: string[]; fault?: undefined } | { argv?: undefined; fault: CommandFault };

const SHELL: Record<string, string> = {
  '|': 'a pipe needs a shell: put the pipeline into a script and run that',
  '&': 'run one program; put several into a script and run that',
  ';': 'run one program; put several into a script and run that',
  '>': "redirection needs a shell; the program's output is kept in the run's output.log anyway",
  '<': 'redirection needs a shell: let the program open the file',
  '`': 'command substitution needs a shell: put it into a script and run that',
};

export function splitCommand(text: string): SplitCommand {
  const argv: string[] = [];
  let word: string | null = null;
  let quote: { mark: string; at: number } | null = null;
  const fault = (offset: number, length: number, message: string, hint: string): SplitCommand => ({
    fault: { message, hint, offset, length },
  });
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!;
    const next = text[i + 1] ?? '';
    if (quote) {
      if (c === quote.mark) quote = null;
      else if (quote.mark === '"' && c === '\\' && (next === '"' || next === '\\')) word += text[++i]!;
      else word += c;
    } else if (c === '"' || c === "'") {
      quote = { mark: c, at: i };
      word ??= '';
    } else if (c === '\\' && (next === '\n' || (next === '\r' && text[i + 2] === '\n'))) {
      if (word !== null) argv.push(word);
      word = null;
    } else if (c === '\\' && /[\s"'{}]/.test(next)) {
      word = (word ?? '') + (next === '{' || next === '}' ? next + next : next);
      i++;
    } else if (/\s/.test(c)) {
      if (word !== null) argv.push(word);
      word = null;
    } else if (hasEntry(SHELL, c)) {
      const operator = /^(\|\||&&|>>|<<|\|&|.)/.exec(text.slice(i))![0];
      const written = l10n.t('put it in quotes if "{0}" belongs to the argument', operator);
      return fault(
        i,
        operator.length,
        l10n.t('"{0}" is not understood: no shell is involved', operator),
        `${entryOf(SHELL, c)}; ${written}`,
      );
    } else if (c === '$' && /[A-Za-z_(]/.test(next)) {
      const written = /^\$(\w+|\()/.exec(text.slice(i))![0];
      const hint =
        next === '('
          ? SHELL['`']!
          : l10n.t('write ${envvar:{0}} for the environment variable, or quote it', written.slice(1));
      return fault(i, written.length, l10n.t('"{0}" is not understood: no shell is involved', written), hint);
    } else word = (word ?? '') + c;
  }
  if (quote)
    return fault(
      quote.at,
      1,
      l10n.t('this quote ({0}) is never closed', quote.mark),
      l10n.t('close it, or use the other kind of quotes'),
    );
  if (word !== null) argv.push(word);
  if (argv.length === 0)
    return fault(
      0,
      0,
      l10n.t('the command is empty'),
      l10n.t('write the program and its arguments, such as: run: python train.py'),
    );
  const assigned = /^([A-Za-z_]\w*)=/.exec(argv[0]!)?.[1];
  if (assigned) {
    const hint = l10n.t(
      'set it under env, such as: env: { {0}: {1} }',
      assigned,
      JSON.stringify(argv[0]!.slice(assigned.length + 1)),
    );
    return fault(
      text.indexOf(assigned),
      argv[0]!.length,
      l10n.t('"{0}" sets a variable, which needs a shell', argv[0]),
      hint,
    );
  }
  return { argv };
}
