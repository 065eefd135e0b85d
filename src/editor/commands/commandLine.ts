/** The terminal command that does the same as a run. Pure. */
import * as path from 'node:path';
import type { RunDetail } from '../../protocol/engine/index.js';
import { jsonText, markAt, type FloatMark } from '../../protocol/values/floats.js';
import type { ParamValue } from '../../protocol/values/index.js';

/** For a run of an experiment file: `tunesmith run FILE --set …`; else the program itself with its arguments. */
export function commandLine(run: RunDetail, folder: string, platform: NodeJS.Platform): string {
  const quote = platform === 'win32' ? quoteWindows : quotePosix;
  const paths = platform === 'win32' ? path.win32 : path.posix;
  if (!run.file) return run.command.map(quote).join(' ');
  const relative = paths.relative(folder, run.file);
  const words = ['tunesmith', 'run', relative.startsWith('..') ? run.file : relative];
  for (const [name, value] of Object.entries(run.params))
    words.push('--set', `${name}=${written(value, markAt(run.floats, name))}`);
  words.push('--seed', String(run.seed));
  return words.map(quote).join(' ');
}

/** Formats a value so that the command line reads it back: text is quoted if it would be read as another kind of value. */
function written(value: ParamValue, mark: FloatMark): string {
  if (typeof value !== 'string') return jsonText(value, mark);
  const ambiguous =
    value === '' || /^\s|\s$|^["'[{]/.test(value) || /^(true|false|null|~|[-+.]?\d.*|\.inf|\.nan)$/i.test(value);
  return ambiguous ? JSON.stringify(value) : value;
}

function quotePosix(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

function quoteWindows(word: string): string {
  return /^[\w@%+=:,./\\-]+$/.test(word)
    ? word
    : `"${word.replaceAll(/(\\*)"/g, '$1$1\\"').replace(/(\\+)$/, '$1$1')}"`;
}
