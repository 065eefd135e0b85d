/** Tries every backend of the ladder, after installing what can be installed without a network. */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { BackendReport } from '../../src/protocol/engine/index.js';

export interface Rung {
  id: string;
  name: string;
  works: boolean;
  device: 'gpu' | 'cpu' | null;
  /** The device found, or why the backend does not work. */
  reason: string;
}

export interface Place {
  /** The packed folder. */
  here: string;
  /** Where may be written. */
  out: string;
  python: string;
  /** True if downloads are allowed. */
  install: boolean;
}

const HAS_TENSORFLOW = 'import importlib.util, sys; sys.exit(importlib.util.find_spec("tensorflow") is None)';
/** The compiler's time, and with a network the time of fetching. */
const INSTALL_MS = 15 * 60_000;

export async function tryRungs(place: Place): Promise<Rung[]> {
  const { here, out } = place;
  const home = join(out, 'home');
  if (out !== here && existsSync(join(here, 'home'))) cpSync(join(here, 'home'), home, { recursive: true });
  mkdirSync(home, { recursive: true });
  process.env.TUNESMITH_HOME = home;
  process.env.TUNESMITH_PACKAGES = join(here, 'packages');
  delete process.env.TUNESMITH_BACKEND;

  const whyNot: Record<string, string> = {};
  for (const id of ['tensorflow-python', ...(place.install ? ['tfjs-node-gpu', 'tfjs-node', 'webgpu'] : [])]) {
    const why = install(id, place);
    if (why) whyNot[id] = why;
  }
  const rungs = probe(here).map(({ id, name, works, device, reason }) => {
    const said = !works && reason === 'not installed' ? (whyNot[id] ?? NOT_CARRIED[id] ?? reason) : reason;
    return { id, name, works, device, reason: said };
  });
  for (const { id, works, device, reason } of rungs) {
    console.log(
      `${id.padEnd(18)} ${works ? `works on the ${device === 'gpu' ? 'GPU' : 'CPU'}` : 'does not work'}: ${reason}`,
    );
  }
  return rungs;
}

const STOCK = 'not here: its TensorFlow (2.9, hundreds of MB) is not carried unless packed with --home';
const NOT_CARRIED: Record<string, string> = {
  'tfjs-node-gpu': STOCK,
  'tfjs-node': STOCK,
  webgpu: 'not here: packed with --no-webgpu',
};

/** Why it could not be installed; null: it was, or it was already. */
function install(id: string, { here, out, python, install: network }: Place): string | null {
  if (existsSync(join(out, 'home', 'backends', id, 'installed.json'))) return null;
  if (id === 'tensorflow-python' && !network) {
    const { status, error } = spawnSync(python, ['-c', HAS_TENSORFLOW], { timeout: 60_000 });
    if (error) return `there is no ${python}`;
    if (status !== 0) return `${python} has no TensorFlow`;
  }
  console.log(`installing ${id} …`);
  const args = [join(here, 'trainer.cjs'), '--install-backend', id, '--python', python];
  const { stdout } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: INSTALL_MS });
  const last = lines(stdout).at(-1) as { type?: string; message?: string } | undefined;
  return last?.type === 'done' ? null : (last?.message ?? 'the installation ended without a word');
}

function probe(here: string): BackendReport[] {
  const { stdout, stderr } = spawnSync(process.execPath, [join(here, 'trainer.cjs'), '--probe-backends'], {
    encoding: 'utf8',
    timeout: 10 * 60_000,
  });
  const last = lines(stdout).at(-1) as { backends?: BackendReport[] } | undefined;
  if (!last?.backends) throw new Error(`the backends could not be tried: ${stderr.trim().slice(-500)}`);
  return last.backends;
}

const lines = (text: string): unknown[] =>
  text
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as unknown);
