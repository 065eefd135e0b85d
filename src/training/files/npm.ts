/** The npm client. Packages are requested by name only, so the person's own registry, proxy and login apply. */
import { existsSync, realpathSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { TrainingError } from '../errors.js';
import { runCommand } from './command.js';
import { npmEnvironment } from './npmEnvironment.mjs';
import { checkFile, differs, expectedPackage } from './pinned.js';
import { said } from '../../format/said.js';

/** Returns the command for npm, `[program, ...first arguments]`, found beside the running Node or on the PATH. */
export function findNpm(env: NodeJS.ProcessEnv = process.env): string[] | null {
  const folders = [dirname(process.execPath), ...(env.PATH ?? env.Path ?? '').split(delimiter)].filter(Boolean);
  for (const folder of folders) {
    // Where possible, npm's script runs with our Node, which needs neither a shell nor a .cmd file.
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
 * Sets npm's global configuration folder. npm looks for it beside the Node that runs it; that is our Node, not the one
 * the person's npm came with.
 */
function globalPrefix(script = ''): NodeJS.ProcessEnv {
  const prefix = /^(.+)\/lib\/node_modules\/npm\/bin\/npm-cli\.js$/.exec(script)?.[1];
  return prefix ? { PREFIX: prefix } : {};
}

/** Runs npm; throws with the registry's message when it fails. */
export async function npm(args: string[], options: { cwd: string; signal?: AbortSignal }): Promise<string> {
  const found = findNpm();
  if (!found) throw new TrainingError(said('npm was not found: install Node.js with npm, or put npm on the PATH'));
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
    const [, wanted, got] = /EINTEGRITY[^]*?wanted sha\d+-(\S+) but got sha\d+-(\S+?)\.?\s/.exec(stderr) ?? [];
    if (got) throw new TrainingError(differs(said('a package'), said('the npm registry'), got, wanted));
    const lines = stderr.split('\n').flatMap((line) => /^npm (?:error|ERR!) ?(.*)/.exec(line)?.[1] ?? []);
    const told = lines.filter((line) => line.trim() && !/^(A complete log|code |errno |syscall )/.test(line));
    throw new Error(
      `npm ${args.slice(0, 2).join(' ')} failed: ${told.slice(0, 3).join(' ') || stderr.trim().slice(-300) || `code ${code}`}`,
    );
  }
  return stdout;
}

/**
 * Fetches the tarball of a pinned package (`name@version`) into a folder without other tarballs, checks its hash and
 * returns its path. Without a network, `TUNESMITH_PACKAGES` may name a folder that contains the tarball under the name
 * `npm pack` gives it.
 */
export async function downloadPackage(name: string, folder: string, signal?: AbortSignal): Promise<string> {
  const expected = expectedPackage(name);
  const packages = process.env.TUNESMITH_PACKAGES;
  const kept = packages && join(packages, `${name.replace(/^@/, '').replace(/[/@]/g, '-')}.tgz`);
  if (kept && existsSync(kept)) {
    await checkFile(kept, name, packages, expected);
    return kept;
  }
  await npm(['pack', name, '--pack-destination', folder, '--silent'], { cwd: folder, signal });
  const file = (await readdir(folder)).find((each) => each.endsWith('.tgz'));
  if (!file) throw new Error(`npm pack ${name} made no file`);
  const tarball = join(folder, file);
  await checkFile(tarball, name, 'the npm registry', expected);
  return tarball;
}

/**
 * Installs into `folder` the packages of its lock file, which must lie beside its `package.json`: exact versions, each
 * checked against its hash. No install script runs.
 */
export async function installLocked(folder: string, signal?: AbortSignal): Promise<void> {
  await npm(['ci', '--ignore-scripts', '--legacy-peer-deps'], { cwd: folder, signal });
}
