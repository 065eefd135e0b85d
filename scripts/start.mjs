// `npm start`: from a fresh clone to moving charts. Installs, builds, prepares a training backend, opens the editor on a copy
// of the example and starts the example's search, whose progress this terminal shows.
//   npm start -- --headless     without an editor; ends with the best trial
//   npm start -- --browser      code-server in the browser although `code` is on the PATH
//   npm start -- --no-search    the editor only
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { cpSync, existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { bold, cyan, dim, exitWith, info, step, Unavailable, UserError, warn } from './lib/log.mjs';
import { installExtension, startEditor, writeSettings } from './lib/editorServer.mjs';
import { cacheFolder, inProject, root } from './lib/paths.mjs';
import { adopt, run, which } from './lib/process.mjs';
import { ensureDependencies, projectEnv, projectNode, underProjectNode } from './lib/project.mjs';
import { ensureBackend } from './setup/backend.mjs';
import { ensureEditor } from './setup/editor.mjs';

const OPTIONS = new Set(['--headless', '--browser', '--no-search', '--help']);
const FILE = 'digits.tune.yaml';
const cli = inProject('bin', 'tunesmith.mjs');

function readOptions(args) {
  for (const word of args) {
    if (!OPTIONS.has(word)) throw new UserError(`There is no option "${word}". Options: ${[...OPTIONS].join(', ')}.`);
  }
  return {
    headless: args.includes('--headless'),
    browser: args.includes('--browser'),
    search: !args.includes('--no-search'),
    help: args.includes('--help'),
  };
}

const HELP = `npm start [-- OPTIONS]

Installs, builds, opens the editor on a copy of the example and starts the example's search.

  --headless    no editor; ends with the best trial's parameters and accuracy
  --browser     code-server in the browser although \`code\` is on the PATH
  --no-search   open the editor, start nothing

TUNESMITH_EXAMPLE    folder for the copy of the example (default: ~/tunesmith-example)
TUNESMITH_CACHE      folder for editors and test tools (default: ~/.cache/tunesmith-dev)`;

/** A copy of the example to play with; an existing one is kept unchanged. */
function prepareWorkspace() {
  const folder = resolve(process.env.TUNESMITH_EXAMPLE || join(homedir(), 'tunesmith-example'));
  if (existsSync(join(folder, FILE))) {
    info(`using the example in ${folder} as you left it`);
    return folder;
  }
  cpSync(inProject('examples', 'digits'), folder, {
    recursive: true,
    filter: (path) => !path.includes('.tunesmith'),
  });
  return folder;
}

/** Opens the editor; returns a message about it. Throws Unavailable if there is none. */
async function openEditor(workspace, { browser }) {
  const file = join(workspace, FILE);
  // The charts of the search are on the screen without a click.
  const env = { ...process.env, TUNESMITH_OPEN_PANEL: '1' };
  const code = browser ? undefined : which('code');
  if (code) {
    await run('code', [`--extensionDevelopmentPath=${root}`, '--new-window', workspace, file], {
      env,
      output: 'quiet',
      timeout: 60_000,
    });
    return { says: `VS Code is opening on ${workspace}`, stays: false };
  }
  const editor = await ensureEditor('latest');
  const data = cacheFolder('start');
  await writeSettings(data);
  const { packageExtension } = await import('./package.mjs');
  await step('Installing the extension into the editor', async () => {
    const { file: vsix } = await packageExtension({ build: false });
    await installExtension(editor, data, vsix, process.env);
  });
  const server = await startEditor(editor, data, { env, token: randomBytes(16).toString('hex') });
  const address = server.url(workspace, [['openFile', server.resource(file)]]);
  return { says: `Open the editor at ${cyan(address)}`, stays: true };
}

/** Runs the example's search in this terminal, with its live table and its best trial at the end. */
async function search(workspace) {
  const child = adopt(
    spawn(projectNode, [cli, 'search', FILE], {
      cwd: workspace,
      env: projectEnv(),
      stdio: ['ignore', 'inherit', 'inherit'],
    }),
  );
  // The command stops its search on the first Ctrl+C and leaves on the second; both reach it from the terminal.
  let interrupted = false;
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.removeAllListeners(signal);
    process.on(signal, () => {
      interrupted = true;
      if (signal === 'SIGTERM') child.kill('SIGTERM');
    });
  }
  const code = await new Promise((done) => child.once('exit', (status, signal) => done(signal ? 1 : status)));
  if (interrupted) process.exit(130);
  if (code !== 0) {
    throw new UserError(
      `The search failed (exit code ${code}). What happened is in the log of the engine: tunesmith engine status --workspace ${workspace}`,
    );
  }
}

async function main() {
  const options = readOptions(process.argv.slice(2));
  if (options.help) {
    console.log(HELP);
    return;
  }
  await ensureDependencies();
  await underProjectNode(process.argv[1]);
  await step('Building', () =>
    run(projectNode, [inProject('esbuild.mjs')], { cwd: root, env: projectEnv(), output: 'quiet', timeout: 120_000 }),
  );
  try {
    const backend = await ensureBackend(projectEnv(), { live: true });
    info(`training backend: ${backend}`);
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    warn(`No native training backend, so training will be slow: ${error.message}`);
  }
  const workspace = prepareWorkspace();
  let stays = false;
  if (!options.headless) {
    try {
      const opened = await openEditor(workspace, options);
      console.log(`\n${bold(opened.says)}\n`);
      stays = opened.stays;
    } catch (error) {
      if (!(error instanceof Unavailable || error instanceof UserError)) throw error;
      warn(`No editor: ${error.message}`);
    }
  }
  if (options.search) await search(workspace);
  if (stays) {
    console.log(dim('\nThe editor stays open until Ctrl+C.'));
    process.removeAllListeners('SIGINT');
    process.on('SIGINT', () => process.exit(0));
    process.removeAllListeners('SIGTERM');
    process.on('SIGTERM', () => process.exit(0));
    await new Promise(() => setInterval(() => {}, 60_000));
  }
  process.exit(0);
}

try {
  await main();
} catch (error) {
  exitWith(error);
}
