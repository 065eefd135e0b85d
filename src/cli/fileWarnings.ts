import { readFileSync, statSync } from 'node:fs';
import { parseExperiment } from '../experiment/index.js';
import type { Context } from './context.js';
import { renderProblem } from './errors.js';

/** Bytes of an experiment file, at most. */
const LARGEST = 4 * 1024 * 1024;

/** Prints an experiment file's warnings. The engine reads the file again and reports its errors. */
export function sayFileWarnings(context: Context, file: string): void {
  let text: string;
  try {
    if (statSync(file).size > LARGEST) return;
    text = readFileSync(file, 'utf8');
  } catch {
    return;
  }
  const { problems } = parseExperiment(text, file);
  if (problems.some(({ severity }) => severity === 'error')) return;
  for (const problem of problems) context.say(renderProblem(problem, context.cwd, context.paint, text));
}
