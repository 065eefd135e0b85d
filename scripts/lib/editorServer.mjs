// Runs the VS Code server of code-server and says where the workbench answers.
import { spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { adopt, killTree, run } from './process.mjs';

/** Nothing that moves, asks or reports by itself. */
const QUIET_SETTINGS = {
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  'workbench.enableExperiments': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'chat.disableAIFeatures': true,
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'extensions.autoUpdate': false,
  'extensions.autoCheckUpdates': false,
  'extensions.ignoreRecommendations': true,
  'git.openRepositoryInParentFolders': 'never',
  'window.commandCenter': true,
};

const serverFolders = (data) => ['--extensions-dir', join(data, 'extensions'), '--user-data-dir', join(data, 'user')];

/** Writes the person's settings for an editor whose data are in `data`. */
export async function writeSettings(data, settings = {}) {
  const folder = join(data, 'user', 'User');
  await mkdir(folder, { recursive: true });
  await mkdir(join(data, 'extensions'), { recursive: true });
  await writeFile(join(folder, 'settings.json'), JSON.stringify({ ...QUIET_SETTINGS, ...settings }, null, 2));
}

/** Installs a VSIX the way a person does. */
export async function installExtension(editor, data, vsix, env = process.env) {
  const args = [editor.server, ...serverFolders(data), '--accept-server-license-terms', '--install-extension', vsix];
  const { output } = await run(editor.node, [...args, '--force'], { env, output: 'quiet', timeout: 120_000 });
  if (!/successfully installed/i.test(output)) throw new Error(`The VSIX was not installed:\n${output}`);
}

/**
 * Starts the workbench server on a free port of this machine. `data` holds its settings and extensions. Without `token` every
 * user of this machine can open it: for tests only.
 * Returns `{ port, url(folder, payload), log(), stop() }`.
 */
export async function startEditor(editor, data, options = {}) {
  const { env = process.env, port = 0, trust = true, host = '127.0.0.1', token } = options;
  const args = [editor.server, '--host', host, '--port', String(port)];
  args.push(...(token ? ['--connection-token', token] : ['--without-connection-token']));
  if (trust) args.push('--disable-workspace-trust');
  args.push('--accept-server-license-terms', '--enable-smoke-test-driver', ...serverFolders(data));
  const child = adopt(spawn(editor.node, args, { env, stdio: ['ignore', 'pipe', 'pipe'] }));
  let log = '';
  const bound = await new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`VS Code's server did not start within 60 s:\n${log}`)), 60_000);
    const take = (chunk) => {
      log = (log + chunk).slice(-200_000);
      const found = /(?:bound to|listening on)\D*(?:\d+\.\d+\.\d+\.\d+:)?(\d{3,5})/.exec(log);
      if (found) {
        clearTimeout(timer);
        resolve(Number(found[1]));
      }
    };
    child.stdout.setEncoding('utf8').on('data', take);
    child.stderr.setEncoding('utf8').on('data', take);
    child.once('exit', (code) => {
      clearTimeout(timer);
      reject(new Error(`VS Code's server exited with ${code}:\n${log}`));
    });
    child.once('error', reject);
  });
  return {
    port: bound,
    pid: child.pid,
    /** Address of the workbench on a folder; `payload` as in VS Code's own web tests. */
    url(folder, payload) {
      const query = new URLSearchParams({ ...(token ? { tkn: token } : {}), folder });
      if (payload) query.set('payload', JSON.stringify(payload));
      return `http://${host}:${bound}/?${query}`;
    },
    /** How the editor names a file of this machine. */
    resource: (path) => `vscode-remote://${host}:${bound}${path}`,
    log: () => log,
    stop() {
      if (child.exitCode === null && child.pid) killTree(child.pid);
    },
  };
}
