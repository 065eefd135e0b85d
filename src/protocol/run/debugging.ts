/** A run under a debugger: where the debugger's arguments go in the command. Without a schema library, for the supervisor. */

export type DebugLanguage = 'python' | 'node';

/** Arguments of a debugger, inserted before `argv[at]` at the first launch. The command itself does not change. */
export interface DebugSpec {
  at: number;
  args: string[];
}

/** Python's options that take the next argument. */
const WITH_VALUE = new Set(['-W', '-X', '--check-hash-based-pycs']);

/**
 * Returns the language of a command whose program can be debugged; null for other programs and for launchers with their
 * own way of starting it.
 */
export function debugLanguage(argv: readonly string[]): DebugLanguage | null {
  const program = (argv[0] ?? '').replace(/^.*[\\/]/, '').replace(/\.exe$/i, '');
  if (/^(python|pypy)[\d.]*w?$/i.test(program)) return 'python';
  return /^node$/i.test(program) ? 'node' : null;
}

/** Index of the argument that debugger arguments go before: after the interpreter's own options. */
export function debugPlace(argv: readonly string[], language: DebugLanguage): number {
  if (language === 'node') return 1;
  let at = 1;
  while (at < argv.length && /^-/.test(argv[at]!) && !/^-[mc]/.test(argv[at]!)) at += WITH_VALUE.has(argv[at]!) ? 2 : 1;
  return at;
}

/** Address on which a debugger waits for the editor. */
export const DEBUG_HOST = '127.0.0.1';

/**
 * Arguments by which the program waits at its first line until a debugger has attached and set its breakpoints. `debugpy`: the
 * folder of a debugpy that works with every interpreter; without one, the interpreter's own is used.
 */
export function debuggerArguments(language: DebugLanguage, port: number, debugpy?: string): string[] {
  if (language === 'node') return [`--inspect-brk=${DEBUG_HOST}:${port}`];
  const program = debugpy === undefined ? ['-m', 'debugpy'] : [debugpy];
  // Frozen modules of newer Pythons would hide breakpoints; older ones ignore the option.
  return ['-Xfrozen_modules=off', ...program, '--listen', `${DEBUG_HOST}:${port}`, '--wait-for-client'];
}

export function isDebugSpec(value: unknown): value is DebugSpec {
  const { at, args } = (value ?? {}) as Record<string, unknown>;
  return (
    Number.isInteger(at) && (at as number) > 0 && Array.isArray(args) && args.every((each) => typeof each === 'string')
  );
}
