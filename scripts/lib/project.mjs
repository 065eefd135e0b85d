// The project's own dependencies and Node. Everything here runs on Node 20 with nothing installed.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, dirname } from 'node:path';
import { step, UserError } from './log.mjs';
import { inProject, root } from './paths.mjs';
import { killTree, run } from './process.mjs';

/** The Node that comes with the project (npm package `node`). */
export const projectNode = inProject('node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');

/** Environment in which `node`, and so npm and its scripts, is the project's own. */
export const projectEnv = (extra = {}) => ({
  ...process.env,
  PATH: [dirname(projectNode), inProject('node_modules', '.bin'), process.env.PATH].join(delimiter),
  ...extra,
});

/** Why `node_modules` is not what the lock file asks for; undefined when it is. */
export function staleDependencies() {
  const installed = inProject('node_modules', '.package-lock.json');
  if (!existsSync(installed)) return 'nothing is installed yet';
  if (!existsSync(projectNode)) return "the project's Node is missing";
  const wanted = JSON.parse(readFileSync(inProject('package-lock.json'), 'utf8')).packages;
  const present = JSON.parse(readFileSync(installed, 'utf8')).packages;
  for (const [path, entry] of Object.entries(wanted)) {
    if (path === '' || entry.optional || entry.link) continue;
    if (present[path]?.version !== entry.version)
      return `${path.replace(/^.*node_modules\//, '')} ${entry.version} is missing`;
  }
  return undefined;
}

/** Installs what the lock file names, unless that is there already. */
export async function ensureDependencies() {
  const reason = staleDependencies();
  if (!reason) return;
  await step(`Installing dependencies (${reason})`, async () => {
    try {
      await run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
        cwd: root,
        timeout: 15 * 60_000,
        output: process.env.CI ? 'live' : 'quiet',
      });
    } catch (error) {
      throw new UserError(`npm ci failed. Check the network connection, then try again.\n${error.message}`);
    }
  });
}

/** Starts the calling script again under the project's Node, unless this is it; never returns in that case. */
export async function underProjectNode(script) {
  const wanted = readFileSync(inProject('node_modules', 'node', 'package.json'), 'utf8');
  if (process.versions.node === JSON.parse(wanted).version) return;
  const child = spawn(projectNode, [script, ...process.argv.slice(2)], { stdio: 'inherit', env: projectEnv() });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.removeAllListeners(signal);
    // The terminal sends Ctrl+C to the child too; others are passed on.
    process.on(signal, () => signal !== 'SIGINT' && child.kill(signal));
  }
  process.once('exit', () => child.exitCode === null && child.pid && killTree(child.pid));
  const code = await new Promise((resolve) =>
    child.once('exit', (status, signal) => resolve(signal ? 130 : (status ?? 1))),
  );
  process.exit(code);
}
