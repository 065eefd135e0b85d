import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { l10n } from '../format/l10n.js';
import type { FileProblem } from '../protocol/engine/index.js';
import { plain, safe, safeLine, type Paint } from './text/terminal.js';

/** A mistake in how the command was called; exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Ends the command with this exit code and message, without reporting an internal error. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  constructor(
    message: string,
    readonly problems: FileProblem[] = [],
    readonly exitCode = 1,
  ) {
    super(message);
  }
}

/**
 * `file:line:column: error: message`, the line itself with the place marked, and what to do.
 *
 *   digits.tune.yaml:12:3: error: unknown key "optimiser"
 *      12 |   optimiser: adam
 *         |   ^^^^^^^^^
 *      did you mean "optimizer"?
 */
export function renderProblem(problem: FileProblem, cwd: string, paint: Paint = plain, source?: string): string {
  const file = path.relative(cwd, problem.file) || problem.file;
  const where = `${file.startsWith('..') ? problem.file : file}:${problem.line}:${problem.column}`;
  const color = problem.severity === 'error' ? 'red' : 'yellow';
  const lines = [
    `${paint('bold', safeLine(where))}: ${paint(color, problem.severity === 'error' ? l10n.t('error') : l10n.t('warning'))}: ${safeLine(problem.message)}`,
  ];
  const text = (source ?? readOrEmpty(problem.file)).split(/\r?\n/)[problem.line - 1];
  if (text !== undefined && text.length <= 400) {
    const number = String(problem.line).padStart(5);
    const end = problem.endLine === problem.line ? problem.endColumn : text.length + 1;
    const marks = '^'.repeat(Math.max(1, end - problem.column));
    lines.push(`${paint('dim', `${number} |`)} ${safeLine(text)}`);
    lines.push(`${paint('dim', '      |')} ${' '.repeat(problem.column - 1)}${paint(color, marks)}`);
  }
  if (problem.hint) lines.push(`      ${safe(problem.hint).replaceAll('\n', '\n      ')}`);
  return lines.join('\n');
}

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
