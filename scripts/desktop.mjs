// `npm run test:desktop [-- --version VERSION]`: the host tests in a desktop VS Code, through @vscode/test-electron.
import { mkdirSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { fail, info, step, Unavailable, UserError, warn } from './lib/log.mjs';
import { inProject, root } from './lib/paths.mjs';
import { run } from './lib/process.mjs';
import { runScript } from './lib/main.mjs';
import { projectEnv, projectNode } from './lib/project.mjs';
import { openSession } from './lib/session.mjs';
import { emptyResult, summary } from './test/result.mjs';

const HELP = `npm run test:desktop [-- --version VERSION]

Runs the host tests in a desktop VS Code. It is downloaded unless VSCODE_PATH names one. On Linux without a display it runs
under Xvfb, which is installed where that is possible.

  --version VERSION   which to download: stable (the default), insiders, or a number such as 1.110.0

VSCODE_PATH   the program of an installed VS Code: /usr/share/code/code, Code.exe, …/Contents/MacOS/Electron
CI            when set, it is a failure that there is no VS Code to test in`;

function readOptions() {
  const options = { version: { type: 'string' }, help: { type: 'boolean' } };
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    throw new UserError(`${error.message.split('\n')[0]}\n\n${HELP}`);
  }
}

async function main() {
  const options = readOptions();
  if (options.help) return console.log(HELP);
  const { findDesktop, testDesktop, underDisplay } = await import('./test/desktop.mjs');
  const session = openSession('vs');
  let result = emptyResult();
  try {
    const executable = await findDesktop(options.version);
    await underDisplay();
    mkdirSync(inProject('test-results'), { recursive: true });
    await step('Building', () =>
      run(projectNode, [inProject('esbuild.mjs')], { cwd: root, env: projectEnv(), output: 'quiet', timeout: 120_000 }),
    );
    result = await testDesktop({ executable, session });
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    warn(error.message);
    if (process.env.CI) result.failures.push(`desktop: ${error.message.split('\n')[0]}`);
    else result.skipped.push(`desktop: ${error.message.split('\n')[0]}`);
    result.failed = result.failures.length;
  } finally {
    await session.close({ grace: 3000 });
  }
  for (const failure of result.failures) fail(failure);
  for (const reason of result.skipped) info(`skipped: ${reason}`);
  console.log(summary(result));
  process.exitCode = result.failed > 0 ? 1 : 0;
}

await runScript(main);
