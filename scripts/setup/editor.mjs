// A real VS Code for tests and for `npm start`: code-server from the npm registry, in the cache.
// `node scripts/setup/editor.mjs [latest|oldest]…` installs and prints where.
import { existsSync, readFileSync } from 'node:fs';
import { cp, symlink, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureDebianPackages, hasApt } from '../lib/debian.mjs';
import { installOnce } from '../lib/install.mjs';
import { exitWith, step, Unavailable, UserError, warn } from '../lib/log.mjs';
import { cacheFolder } from '../lib/paths.mjs';
import { run } from '../lib/process.mjs';

/** Which code-server stands for which VS Code, and the Node that this VS Code has inside. */
export const EDITORS = {
  latest: { codeServer: '4.139.1', vscode: '1.139', node: '24' },
  /** The oldest version that `engines.vscode` admits. */
  oldest: { codeServer: '4.110.0', vscode: '1.110', node: '22', fetchesRipgrep: true },
};

/** Headers of an installed Node, so that native parts compile without a download; undefined: let node-gyp fetch them. */
function nodeHeaders() {
  for (const prefix of [dirname(dirname(process.execPath)), '/usr', '/usr/local']) {
    if (existsSync(join(prefix, 'include', 'node', 'node_api.h'))) return prefix;
  }
  return undefined;
}

/**
 * Installs (once) and describes an editor: `{ folder, node, server, version }`, where `server` is the script that
 * `node` runs. Throws Unavailable with the reason where that is impossible.
 */
export async function ensureEditor(which = 'latest') {
  const { codeServer, vscode } = EDITORS[which];
  if (process.platform === 'win32')
    throw new Unavailable('code-server does not run on Windows; use a desktop VS Code.');
  const folder = cacheFolder('editors', `code-server-${codeServer}`);
  if (!existsSync(join(folder, '.complete'))) {
    if (hasApt()) await ensureDebianPackages(['libkrb5-dev', 'g++', 'make', 'pkg-config'], 'Building code-server');
    const attempt = () =>
      step(`Installing VS Code ${vscode} (code-server ${codeServer}, about a minute)`, () =>
        installOnce(folder, (target) => install(target, EDITORS[which])),
      );
    await attempt().catch((error) => {
      // It fetches a thousand packages and compiles some: what failed once may well work the next time.
      warn(`${error.message}\nOnce more.`);
      return attempt();
    });
  }
  const home = join(folder, 'node_modules', 'code-server');
  return {
    folder: home,
    node: join(folder, 'node_modules', 'node', 'bin', 'node'),
    server: join(home, 'lib', 'vscode', 'out', 'server-main.js'),
    version: JSON.parse(readFileSync(join(home, 'lib', 'vscode', 'package.json'), 'utf8')).version,
  };
}

async function install(target, { codeServer, node, fetchesRipgrep }) {
  await writeFile(join(target, 'package.json'), JSON.stringify({ private: true, name: 'tunesmith-editor' }));
  const headers = nodeHeaders();
  const env = {
    ...process.env,
    ...(headers ? { npm_config_nodedir: headers } : {}),
    // Older ones refuse to install as root (in containers) without it.
    npm_config_unsafe_perm: 'true',
    PATH: [join(target, 'node_modules', 'node', 'bin'), process.env.PATH].join(delimiter),
  };
  const npm = (folder, ...args) =>
    run('npm', [...args, '--no-audit', '--no-fund', '--loglevel=error'], {
      cwd: folder,
      env,
      output: 'quiet',
      timeout: 15 * 60_000,
    });
  const home = join(target, 'node_modules', 'code-server');
  try {
    await npm(target, 'install', `node@${node}`);
    if (fetchesRipgrep) {
      await npm(target, 'install', `code-server@${codeServer}`, '--ignore-scripts');
      await installServer(target, join(home, 'lib', 'vscode'), npm);
    } else await npm(target, 'install', `code-server@${codeServer}`);
  } catch (error) {
    throw new UserError(`code-server ${codeServer} could not be installed.\n${error.message}`);
  }
  if (!existsSync(join(home, 'lib', 'vscode', 'out', 'server-main.js'))) {
    throw new UserError(`code-server ${codeServer} was installed without its VS Code server.`);
  }
}

/**
 * Does what the install script of an older code-server does for its VS Code server, except that ripgrep comes from the
 * npm registry too (the old script downloads it from elsewhere, which a machine behind a mirror can't).
 */
async function installServer(target, server, npm) {
  await npm(server, 'install', '--omit=dev', '--ignore-scripts');
  await npm(target, 'install', '@vscode/ripgrep-universal@1', '--ignore-scripts');
  const ripgrep = join(
    target,
    'node_modules',
    '@vscode',
    'ripgrep-universal',
    'bin',
    `${process.platform}-${process.arch}`,
  );
  // Its own script sees the folder and leaves it alone.
  await cp(ripgrep, join(server, 'node_modules', '@vscode', 'ripgrep', 'bin'), { recursive: true });
  await npm(server, 'rebuild');
  await symlink('node_modules', join(server, 'node_modules.asar'));
  await npm(join(server, 'extensions'), 'install', '--omit=dev', '--ignore-scripts');
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const wanted = process.argv.slice(2);
  try {
    for (const which of wanted.length > 0 ? wanted : Object.keys(EDITORS)) {
      const editor = await ensureEditor(which);
      console.log(`VS Code ${editor.version}: ${editor.folder}`);
    }
  } catch (error) {
    exitWith(error);
  }
}
