/** The script that starts a supervisor after the person's own lines. */
import { quoted } from '../engine/executors/shell.js';

/** The process of the script becomes the command. */
export function scriptOf(setup: readonly string[], argv: readonly string[]): string {
  return [...setup, `exec ${argv.map(quoted).join(' ')}`, ''].join('\n');
}
