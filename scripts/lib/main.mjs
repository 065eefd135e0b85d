// How every script of the project begins and ends.
import { exitWith } from './log.mjs';
import { ensureDependencies, underProjectNode } from './project.mjs';

/** Installs missing dependencies, changes to the project's Node, and runs `main`. An error ends the script with its message. */
export async function runScript(main) {
  try {
    await ensureDependencies();
    await underProjectNode(process.argv[1]);
    await main();
  } catch (error) {
    exitWith(error);
  }
}
