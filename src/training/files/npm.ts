/** The npm client, used by package name only: whatever registry, proxy and login the person has set up serve here too. */
import { existsSync, realpathSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { TrainingError } from '../errors.js';
import { runCommand } from './command.js';
import { npmEnvironment } from './npmEnvironment.mjs';

/** What to start npm with: `[program, ...first arguments]`. Beside the running Node, or on the PATH. */
export function findNpm(env: NodeJS.ProcessEnv = process.env): string[] | null {
  const folders = [dirname(process.execPath), ...(env.PATH ?? env.Path ?? '').split(delimiter)].filter(Boolean);
  for (const folder of folders) {
    // npm's own program is run with our Node where it can be found: no shell and no .cmd file needed.
    const scripts = [
      join(folder, 'node_modules', 'npm', 'bin', 'npm-cli.js'),
      join(folder, '..', 'lib', 'node_modules', 'npm', 'bin', 'npm-cli.js'),
    ];
    const script = scripts.find((path) => existsSync(path));
    if (script) return [process.execPath, script];
    const command = join(folder, 'npm');
    if (process.platform === 'win32' || !existsSync(command)) continue;
    const real = realpathSync(command);
    return real.endsWith('.js') ? [process.execPath, real] : [command];
  }
  return null;
}

/**
 * npm looks for its global configuration beside the Node that runs it. That is ours here, not the one that the person's npm
 * came with, so npm is told where its own lies.
 */
function globalPrefix(script = ''): NodeJS.ProcessEnv {
  const prefix = /^(.+)\/lib\/node_modules\/npm\/bin\/npm-cli\.js$/.exec(script)?.[1];
  return prefix ? { PREFIX: prefix } : {};
}

/** Runs npm; throws with the registry's own words when it fails. */
export async function npm(args: string[], options: { cwd: string; signal?: AbortSignal }): Promise<string> {
  const found = findNpm();
  if (!found) throw new TrainingError('npm was not found: install Node.js with npm, or put npm on the PATH');
  const [program, ...first] = found;
  const { code, stdout, stderr } = await runCommand(
    program!,
    [...first, ...args, '--no-audit', '--no-fund', '--no-update-notifier'],
    {
      ...options,
      env: { ...globalPrefix(first[0]), ...npmEnvironment(process.env), ELECTRON_RUN_AS_NODE: '1' },
    },
  );
  if (code !== 0) {
    const lines = stderr.split('\n').flatMap((line) => /^npm (?:error|ERR!) ?(.*)/.exec(line)?.[1] ?? []);
    const said = lines.filter((line) => line.trim() && !/^(A complete log|code |errno |syscall )/.test(line));
    throw new Error(
      `npm ${args.slice(0, 2).join(' ')} failed: ${said.slice(0, 3).join(' ') || stderr.trim().slice(-300) || `code ${code}`}`,
    );
  }
  return stdout;
}

/**
 * Fetches a package's tarball (`name@version`) into a folder that holds no other; its path. Where there is no network,
 * `TUNESMITH_PACKAGES` may name a folder that has it, as `npm pack` names it.
 */
export async function downloadPackage(name: string, folder: string, signal?: AbortSignal): Promise<string> {
  const packages = process.env.TUNESMITH_PACKAGES;
  const kept = packages && join(packages, `${name.replace(/^@/, '').replace(/[/@]/g, '-')}.tgz`);
  if (kept && existsSync(kept)) return kept;
  await npm(['pack', name, '--pack-destination', folder, '--silent'], { cwd: folder, signal });
  const tarball = (await readdir(folder)).find((file) => file.endsWith('.tgz'));
  if (!tarball) throw new Error(`npm pack ${name} made no file`);
  return join(folder, tarball);
}
