// Debian and Ubuntu packages: installed where we may, else the exact command to type.
import { existsSync } from 'node:fs';
import { info, Unavailable } from './log.mjs';
import { ask, run, which } from './process.mjs';

export const hasApt = () => process.platform === 'linux' && existsSync('/usr/bin/apt-get');

const installed = (name) => ask('dpkg-query', ['-W', '-f=${db:Status-Status}', name]) === 'installed';

/** One apt at a time: its lists have a lock for which it does not wait. */
let turn = Promise.resolve();

/** Sees to it that the packages are there. Throws Unavailable, naming the command, when it may not install them. */
export function ensureDebianPackages(names, why) {
  const mine = turn.then(() => install(names, why));
  turn = mine.catch(() => {});
  return mine;
}

async function install(names, why) {
  const missing = names.filter((name) => !installed(name));
  if (missing.length === 0) return;
  const command = `apt-get install -y ${missing.join(' ')}`;
  const root = process.getuid?.() === 0;
  const sudo = !root && which('sudo') && ask('sudo', ['-n', 'true']) !== undefined;
  if (!root && !sudo) throw new Unavailable(`${why} needs ${missing.join(', ')}. Install it with: sudo ${command}`);
  info(`${command} (${why})`);
  const options = ['-o', 'DPkg::Lock::Timeout=300', '-o', 'Acquire::Retries=3', '-qq'];
  const apt = (...args) =>
    run(root ? 'apt-get' : 'sudo', [...(root ? [] : ['-n', 'apt-get']), ...options, ...args], {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      output: 'quiet',
      timeout: 10 * 60_000,
    });
  try {
    await apt('install', '-y', '--no-install-recommends', ...missing);
  } catch {
    // The package lists may be old or absent: fetch them, once.
    await apt('update');
    await apt('install', '-y', '--no-install-recommends', ...missing);
  }
}
