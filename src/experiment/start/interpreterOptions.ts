/** A parameter's value is data: it never becomes an option of the interpreter that runs the program, such as `-c CODE`. */

/** Interpreters: their first argument that is not an option names the program to run. */
const INTERPRETERS =
  /^(python[\d.]*w?|pypy[\d.]*|pyw?|node|deno|bun|tsx|sh|bash|dash|zsh|fish|perl|ruby|Rscript|julia|php|lua|torchrun|accelerate|uv|mpirun|mpiexec|srun)(\.exe)?$/i;
/** The argument after these is the program; the following ones are its own. */
const NAMES_PROGRAM = new Set(['-m', '--module']);
const STARTS_WITH_VALUE = /^(\{([A-Za-z_][\w.\-/]*)(?:\*|\?[^{}]*)?\}|\$\{envvar:(\w+)\})/;

/**
 * The name of a parameter (or variable) whose value would be taken for an option of the interpreter; null when there is none.
 * `template`: the arguments as written, `fill`: what one becomes.
 */
export function optionFromValue(
  program: string,
  template: readonly string[],
  fill: (argument: string) => readonly string[],
): string | null {
  if (!INTERPRETERS.test(program.replace(/^.*[\\/]/, ''))) return null;
  for (const [i, written] of template.entries()) {
    const value = STARTS_WITH_VALUE.exec(written);
    if (value && fill(written)[0]?.startsWith('-')) return value[2] ?? value[3]!;
    if (value || !written.startsWith('-')) return null;
    const next = template[i + 1];
    if (NAMES_PROGRAM.has(written) && next !== undefined && !STARTS_WITH_VALUE.test(next)) return null;
  }
  return null;
}
