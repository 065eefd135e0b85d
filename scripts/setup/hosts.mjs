// Other hosts for the unit tests: an SSH server from Debian's packages, and Ray in an environment of its own.
// `node scripts/setup/hosts.mjs` installs both and prints Ray's program.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureDebianPackages, hasApt } from '../lib/debian.mjs';
import { installOnce } from '../lib/install.mjs';
import { exitWith, step, Unavailable } from '../lib/log.mjs';
import { keptCacheFolder } from '../lib/paths.mjs';
import { run } from '../lib/process.mjs';
import { systemPython } from './python.mjs';

const RAY = '2.60.0';

/** Sees to it that an SSH server can be started. Throws Unavailable with the reason if it can't. */
export async function ensureSshd() {
  if (process.platform !== 'linux') throw new Unavailable('the tests start an SSH server on Linux only');
  if (existsSync('/usr/sbin/sshd')) return;
  if (!hasApt() || process.getuid() !== 0) throw new Unavailable('openssh-server is not installed');
  await step('Installing an SSH server', () =>
    ensureDebianPackages(['openssh-server', 'openssh-client', 'rsync'], 'The tests of SSH hosts'),
  );
}

/** Sees to it that a folder of that server can be mounted. Throws Unavailable with the reason if it can't. */
export async function ensureSshfs() {
  if (process.platform !== 'linux' || !existsSync('/dev/fuse')) throw new Unavailable('there is no /dev/fuse');
  if (existsSync('/usr/bin/sshfs')) return;
  if (!hasApt() || process.getuid() !== 0) throw new Unavailable('sshfs is not installed');
  await step('Installing sshfs', () => ensureDebianPackages(['sshfs'], 'The tests of network file systems'));
}

/** Path of the program `ray`. Throws Unavailable with the reason if there is none. */
export async function ensureRay() {
  if (process.platform !== 'linux') throw new Unavailable('the tests start Ray on Linux only');
  const python = systemPython();
  if (!python) throw new Unavailable('No Python 3.9 or newer was found; install one or name it in TUNESMITH_PYTHON.');
  const folder = keptCacheFolder('python', `ray-${RAY}`);
  const program = join(folder, 'bin', 'ray');
  if (existsSync(join(folder, '.complete'))) return program;
  const quiet = { output: 'quiet', timeout: 10 * 60_000 };
  const pip = ['-m', 'pip', '--disable-pip-version-check', '--no-input', 'install', '--only-binary', ':all:'];
  try {
    await step(`Installing Ray ${RAY} into its own environment`, () =>
      installOnce(
        folder,
        async (target) => {
          await run(python, ['-m', 'venv', target], quiet);
          await run(join(target, 'bin', 'python'), [...pip, `ray[default]==${RAY}`], quiet);
        },
        { inPlace: true },
      ),
    );
  } catch (error) {
    throw new Unavailable(`Ray can't be installed here: ${error.message.split('\n').slice(0, 5).join('\n')}`);
  }
  return program;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    await ensureSshd();
    await ensureSshfs();
    console.log(await ensureRay());
  } catch (error) {
    exitWith(error);
  }
}
