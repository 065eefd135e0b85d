// Prints the scripts' steps on the terminal, each with the time it took.
const color = process.stdout.isTTY && !process.env.NO_COLOR;
const paint = (code) => (text) => (color ? `\x1b[${code}m${text}\x1b[0m` : text);

export const bold = paint('1');
export const dim = paint('2');
export const red = paint('31');
export const green = paint('32');
export const yellow = paint('33');
export const cyan = paint('36');

export const info = (text) => console.log(`  ${text}`);
export const warn = (text) => console.log(`${yellow('!')} ${text}`);
export const fail = (text) => console.error(`${red('✗')} ${text}`);

/** `850 ms`, `12.3 s` or `2 min 5 s`. */
export function duration(ms) {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;
}

/** Runs `work` under a title and prints its duration. Errors are passed to the caller. */
export async function step(title, work) {
  const start = Date.now();
  console.log(`${cyan('▸')} ${title}`);
  try {
    const result = await work();
    console.log(`${green('✓')} ${title} ${dim(`(${duration(Date.now() - start)})`)}`);
    return result;
  } catch (error) {
    console.log(`${red('✗')} ${title} ${dim(`(${duration(Date.now() - start)})`)}`);
    throw error;
  }
}

/** A problem that the person can act on; shown without a stack. */
export class UserError extends Error {}

/** Thrown where something can't be had on this machine, with the reason; callers skip what needs it. */
export class Unavailable extends Error {}

/** Ends a script: with the message alone for a UserError, with the stack for an unforeseen error. */
export function exitWith(error) {
  fail(
    error instanceof UserError || error instanceof Unavailable || error?.plain
      ? error.message
      : (error?.stack ?? String(error)),
  );
  process.exit(1);
}
