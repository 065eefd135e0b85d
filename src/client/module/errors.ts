/** The error text of a failing training module: where it failed, what happened, what to do. */
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TRAINING_MODULE } from './imports.js';

/** Our own files that run a person's module or that it imports; their stack frames are not shown. */
const ours = (): string[] => [__filename, join(dirname(__filename), TRAINING_MODULE.file)];

/** `path:line:column`, of the first stack frame that is in the person's own code; null when there is none. */
export function placeOf(stack: string): string | null {
  for (const line of stack.split('\n')) {
    const match = /(?:\(|at (?:async )?)((?:file:\/\/|\/|[A-Za-z]:[\\/])[^()]*?):(\d+):(\d+)\)?$/.exec(line.trim());
    if (!match) continue;
    const path = toPath(match[1]!);
    if (/[\\/]node_modules[\\/]/.test(path) || ours().includes(path)) continue;
    return `${path}:${match[2]}:${match[3]}`;
  }
  return null;
}

/** An error thrown by the person's code. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return `The training threw ${String(error)}, which is not an Error.`;
  const stack = error.stack ?? `${error.name}: ${error.message}`;
  const place = placeOf(stack);
  const cause = error.cause === undefined ? '' : `\nCaused by: ${describeError(error.cause)}`;
  return `${place ? `${place}: ` : ''}${error.name}: ${error.message}\n${framesOf(stack)}${cause}`;
}

/** An error while the module was loaded. */
export function loadProblem(error: unknown, file: string): string {
  const { code, message = String(error), stack = '' } = error as NodeJS.ErrnoException;
  if (code === 'ERR_UNKNOWN_FILE_EXTENSION')
    return `${file}: this Node (${process.version}) does not read TypeScript. Use Node 22.18 or later, or a .js or .mjs module.`;
  if (code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX')
    return (
      `${syntaxPlace(stack) ?? file}: ${message}\n` +
      'Types are removed, not compiled: enum, namespace with values and parameter properties do not work. Use a const object or a union type.'
    );
  if (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND') {
    const missing = /Cannot find (?:module|package) '([^']+)'/.exec(message)?.[1];
    if (missing && toPath(missing) === file)
      return `${file}: there is no such file. Check "module" in the experiment file.`;
    // Nobody should install a package that others may have published under this name.
    const hint = /^tunesmith(\/|$)/.test(missing ?? '')
      ? `Modules may import '${TRAINING_MODULE.name}'; it need not be installed.`
      : missing?.startsWith('/') || missing?.startsWith('file:')
        ? 'In an import, write the file name with its extension (./data.ts).'
        : 'Install it in the folder of the module (npm install).';
    return `${placeOf(stack) ?? file}: ${message}\n${hint}`;
  }
  if (error instanceof SyntaxError) {
    const shown = syntaxPlace(stack) ? stack : checkSyntax(file);
    return `${syntaxPlace(shown) ?? file}: SyntaxError: ${message}\n${codeOf(shown)}`.trimEnd();
  }
  return describeError(error);
}

/** Node puts `path:line` of a syntax error on the first line of the stack. */
function syntaxPlace(stack: string): string | null {
  const match = /^((?:file:\/\/)?\S.*?):(\d+)$/.exec(stack.split('\n')[0] ?? '');
  return match ? `${toPath(match[1]!)}:${match[2]}` : null;
}

/** Node reports the position of a JavaScript syntax error only on its own error output. */
function checkSyntax(file: string): string {
  const env = { ...process.env, ELECTRON_RUN_AS_NODE: '1' };
  return spawnSync(process.execPath, ['--check', file], { encoding: 'utf8', timeout: 5000, env }).stderr ?? '';
}

/** The line of code and the mark under it, which follow the place. */
function codeOf(stack: string): string {
  const lines = stack.split('\n');
  const end = lines.findIndex((line) => /^\s*\^+\s*$/.test(line));
  return lines.slice(1, end + 1).join('\n');
}

function framesOf(stack: string): string {
  return stack
    .split('\n')
    .filter((line) => /^\s+at /.test(line) && !line.includes(__filename) && !line.includes('node:internal'))
    .map((line) => line.replace(/file:\/\/[^)]+?(?=:\d+:\d+)/, toPath))
    .join('\n');
}

function toPath(text: string): string {
  try {
    return text.startsWith('file:') ? fileURLToPath(text) : text;
  } catch {
    return text;
  }
}
