// A Chromium for host and e2e tests: the system's, else Debian's package, else Playwright's own download.
// `node scripts/setup/browser.mjs` prints its path.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureDebianPackages, hasApt } from '../lib/debian.mjs';
import { exitWith, step, Unavailable } from '../lib/log.mjs';
import { cacheFolder, inProject } from '../lib/paths.mjs';
import { projectEnv, projectNode } from '../lib/project.mjs';
import { run, which } from '../lib/process.mjs';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome', 'microsoft-edge'];
const PLACES = {
  darwin: [
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
    '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
  ],
  win32: [process.env.PROGRAMFILES, process.env['PROGRAMFILES(X86)'], process.env.LOCALAPPDATA]
    .filter(Boolean)
    .flatMap((base) => [
      join(base, 'Google', 'Chrome', 'Application', 'chrome.exe'),
      join(base, 'Microsoft', 'Edge', 'Application', 'msedge.exe'),
    ]),
};

function systemBrowser() {
  const named = process.env.TUNESMITH_BROWSER;
  if (named) {
    if (!existsSync(named)) throw new Unavailable(`TUNESMITH_BROWSER names ${named}, which does not exist.`);
    return named;
  }
  for (const name of NAMES) {
    const found = which(name);
    // Ubuntu's `chromium` may be a stand-in that only asks for a snap.
    if (found && !isSnapStub(found)) return found;
  }
  return (PLACES[process.platform] ?? []).find((path) => existsSync(path));
}

function isSnapStub(path) {
  try {
    return readFileSync(path, 'utf8').slice(0, 4000).includes('snap install');
  } catch {
    return false;
  }
}

const debian = () => hasApt() && /^ID=debian$/m.test(readFileSync('/etc/os-release', 'utf8'));

/** Path of a Chromium, installed if need be. If that is impossible, throws Unavailable with the command to type. */
export async function ensureBrowser() {
  const found = systemBrowser();
  if (found) return found;
  if (debian()) {
    await step('Installing Chromium', () => ensureDebianPackages(['chromium'], 'The tests in a real editor'));
    const installed = systemBrowser();
    if (installed) return installed;
  }
  return playwrightBrowser();
}

async function playwrightBrowser() {
  process.env.PLAYWRIGHT_BROWSERS_PATH ??= cacheFolder('browsers');
  const { chromium } = await import('@playwright/test');
  if (existsSync(chromium.executablePath())) return chromium.executablePath();
  const cli = inProject('node_modules', '@playwright', 'test', 'cli.js');
  const depends = process.platform === 'linux' && process.getuid?.() === 0 ? ['--with-deps'] : [];
  try {
    await step('Downloading Chromium', () =>
      run(projectNode, [cli, 'install', ...depends, 'chromium'], {
        env: projectEnv(),
        output: 'quiet',
        timeout: 10 * 60_000,
      }),
    );
  } catch (error) {
    throw new Unavailable(
      `No Chromium was found and none could be downloaded. Install one (or name it in TUNESMITH_BROWSER): npx playwright install --with-deps chromium\n${error.message}`,
    );
  }
  return chromium.executablePath();
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    console.log(await ensureBrowser());
  } catch (error) {
    exitWith(error);
  }
}
