// The host tests in a desktop VS Code, through @vscode/test-electron.
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ensureDebianPackages, hasApt } from '../lib/debian.mjs';
import { writeSettings } from '../lib/editorServer.mjs';
import { info, step, Unavailable, UserError } from '../lib/log.mjs';
import { cacheFolder, inProject, keptCacheFolder } from '../lib/paths.mjs';
import { adopt, ask, which } from '../lib/process.mjs';
import { projectEnv } from '../lib/project.mjs';
import { bundleHostTests, readReport } from './host.mjs';
import { emptyResult } from './result.mjs';

/** Packages of Debian and Ubuntu that a downloaded VS Code needs beside the display. */
const LIBRARIES =
  'xvfb xauth libasound2t64|libasound2 libgbm1 libgtk-3-0t64|libgtk-3-0 libnss3 libxkbfile1 libsecret-1-0'.split(' ');

/** Path of the VS Code that VSCODE_PATH names, else of a downloaded one. Throws Unavailable where none can be had. */
export async function findDesktop(version = 'stable') {
  const named = process.env.VSCODE_PATH;
  if (named) {
    if (!existsSync(named)) throw new UserError(`VSCODE_PATH names ${named}, which does not exist.`);
    return named;
  }
  const { downloadAndUnzipVSCode, SilentReporter } = await import('@vscode/test-electron');
  try {
    return await step(`Downloading VS Code (${version})`, () =>
      downloadAndUnzipVSCode({ version, cachePath: cacheFolder('desktop'), reporter: new SilentReporter() }),
    );
  } catch (error) {
    const why = [error.message, error.cause?.message].filter(Boolean).join(': ') || String(error);
    throw new Unavailable(
      `VS Code could not be downloaded (${why}). Name an installed one in VSCODE_PATH, or use \`npm test -- host\`.`,
    );
  }
}

/**
 * Sees to it that there is a display. On Linux without one the calling script is started again under Xvfb; this never returns in
 * that case.
 */
export async function underDisplay() {
  if (process.platform !== 'linux' || process.env.DISPLAY || process.env.WAYLAND_DISPLAY) return;
  if (hasApt()) await ensureLibraries();
  if (!which('xvfb-run')) {
    throw new Unavailable(
      'There is no display, and xvfb-run was not found. Install Xvfb (on Debian: apt-get install xvfb).',
    );
  }
  info('no display: running under Xvfb');
  const command = [process.execPath, ...process.argv.slice(1)];
  const child = adopt(
    spawn('xvfb-run', ['-a', '--server-args=-screen 0 1400x900x24', ...command], { stdio: 'inherit' }),
  );
  const code = await new Promise((done) => child.once('exit', (status) => done(status ?? 1)));
  process.exit(code);
}

/** Libraries have other names on newer systems: the first that can be had of each is taken. */
async function ensureLibraries() {
  const known = (name) => ask('apt-cache', ['show', '--no-all-versions', name]) !== undefined;
  const names = LIBRARIES.map((choice) => choice.split('|')).map((names) => names.find(known) ?? names.at(-1));
  await ensureDebianPackages(names, 'A desktop VS Code without a display');
}

/** Runs the host tests in the VS Code whose program is `executable`. */
export async function testDesktop({ executable, session }) {
  const result = emptyResult();
  const tests = await bundleHostTests();
  // Short names: VS Code makes a socket in its data folder, and macOS allows 103 bytes for its path.
  const data = join(session.folder, 'd');
  const workspace = join(session.folder, 'work space é');
  const report = join(session.folder, 'results.json');
  mkdirSync(data, { recursive: true });
  cpSync(inProject('examples', 'digits'), workspace, { recursive: true });
  await writeSettings(data);
  const { runTests } = await import('@vscode/test-electron');
  try {
    await runTests({
      vscodeExecutablePath: executable,
      extensionDevelopmentPath: inProject(),
      extensionTestsPath: tests,
      launchArgs: [
        workspace,
        `--extensions-dir=${join(data, 'extensions')}`,
        `--user-data-dir=${join(data, 'user')}`,
        '--disable-extensions',
      ],
      extensionTestsEnv: {
        ...session.env({ ...projectEnv(), TUNESMITH_HOME: keptCacheFolder('home') }),
        TUNESMITH_HOST_RESULTS: report,
        TUNESMITH_HOST_WORKSPACE: workspace,
        // From a terminal of VS Code: it would be Node instead of an editor.
        ELECTRON_RUN_AS_NODE: undefined,
      },
    });
  } catch (error) {
    // Failed tests are in the report; without a report, the tests did not end.
    if (!existsSync(report)) {
      result.failed++;
      result.failures.push(`desktop: ${executable} ended before the tests did: ${error.message}`);
    }
  }
  return existsSync(report) ? readReport('desktop', report) : result;
}
