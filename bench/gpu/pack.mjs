// Packs the GPU check into one folder and one archive that need neither network nor installation: --help.
import { build } from 'esbuild';
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { npmEnvironment } from '../../src/training/files/npmEnvironment.mjs';

const HELP = `node bench/gpu/pack.mjs [OPTION …]

Makes out/gpu-check and out/gpu-check.tar.gz: what a machine needs to say which backends of the trainer work there and how
fast they are, beside PyTorch if it has that. Packed for this system and processor; the packages come from npm.

  --no-node      without the Node binary: the machine has Node 20 or newer
  --no-webgpu    without WebGPU (Dawn)
  --home DIR     carries the backends that are installed in this Tunesmith home, as they are, such as tfjs-node-gpu
  --extra DIR    carries this folder too, as extra/: wheels, say
  --max MIB      largest archive (64)
`;
const { values: given } = parseArgs({
  options: {
    'no-node': { type: 'boolean', default: false },
    'no-webgpu': { type: 'boolean', default: false },
    home: { type: 'string' },
    extra: { type: 'string' },
    max: { type: 'string', default: '64' },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
if (given.help) {
  console.log(HELP);
  process.exit(0);
}
const most = Number(given.max);
if (!(most > 0)) fail(`--max must be a number of MiB above 0, not "${given.max}"`);

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const out = path.join(root, 'out/gpu-check');
const archive = `${out}.tar.gz`;
const home = path.join(out, 'home');
const packages = path.join(out, 'packages');
const from = (...parts) => path.join(root, ...parts);

function fail(text) {
  console.error(`error: ${text}`);
  process.exit(1);
}

function run(program, args, options = {}) {
  const done = spawnSync(program, args, { encoding: 'utf8', ...options });
  if (done.error) fail(`${program}: ${done.error.message}`);
  return done;
}

function must(program, args, options) {
  const { status, stderr, stdout } = run(program, args, options);
  if (status !== 0) fail(`${program} ${args.slice(0, 2).join(' ')} failed: ${(stderr || stdout).trim().slice(-500)}`);
}

/** Our own programs: the trainer as it is shipped, the worker of bench/training, the check itself. */
async function programs() {
  const shared = {
    absWorkingDir: root,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    outdir: out,
    outExtension: { '.js': '.cjs' },
    minify: true,
    keepNames: true,
    legalComments: 'none',
    logLevel: 'error',
    define: { 'process.env.TUNESMITH_VERSION': '"gpu-check"', navigator: 'undefined' },
  };
  await build({ ...shared, entryPoints: { check: 'bench/gpu/check.ts' } });
  await build({
    ...shared,
    mainFields: ['module', 'main'],
    entryPoints: {
      worker: 'bench/training/worker.ts',
      losses: 'bench/gpu/losses.ts',
      trainer: 'src/training/main.ts',
    },
  });
  const wasm = 'tfjs-backend-wasm-simd.wasm';
  cpSync(from('node_modules/@tensorflow/tfjs-backend-wasm/dist', wasm), path.join(out, wasm));
  cpSync(from('bench/training/pytorch.py'), path.join(out, 'pytorch.py'));
  cpSync(from('LICENSE'), path.join(out, 'LICENSE'));
  const windows = process.platform === 'win32';
  cpSync(from('bench/gpu', windows ? 'run.cmd' : 'run'), path.join(out, windows ? 'run.cmd' : 'run'));
  const commit = run('git', ['rev-parse', '--short', 'HEAD'], { cwd: root }).stdout?.trim() || null;
  const facts = { commit, platform: process.platform, arch: process.arch };
  writeFileSync(path.join(out, 'packed.json'), JSON.stringify(facts, null, 2));
}

/** The sources of tfjs-node's binding, to be compiled there against the TensorFlow of that machine's Python. */
function bindingSources() {
  mkdirSync(packages, { recursive: true });
  const options = { shell: process.platform === 'win32', env: npmEnvironment(process.env) };
  for (const name of ['@tensorflow/tfjs-node@4.22.0', 'node-api-headers@1.5.0'])
    must('npm', ['pack', name, '--silent', '--pack-destination', packages], options);
}

function webgpu() {
  const env = { ...process.env, TUNESMITH_HOME: home };
  // It says that it does not work where this machine has no GPU; installed it is all the same.
  const { stdout } = run(process.execPath, [path.join(out, 'trainer.cjs'), '--install-backend', 'webgpu'], { env });
  const folder = path.join(home, 'backends', 'webgpu');
  if (!existsSync(path.join(folder, 'installed.json')))
    fail(`WebGPU could not be fetched: ${stdout.trim().slice(-300)}`);
  const dawn = path.join(folder, 'node_modules/webgpu/dist');
  const ours = process.platform === 'darwin' ? 'darwin-universal' : `${process.platform}-${process.arch}`;
  for (const file of readdirSync(dawn))
    if (file.endsWith('.dawn.node') && file !== `${ours}.dawn.node`) rmSync(path.join(dawn, file));
  if (process.platform !== 'win32') rmSync(path.join(dawn, 'd3dcompiler_47.dll'), { force: true });
  drop(path.join(folder, 'node_modules'), /\.(map|d\.ts|md)$|_test\.js$/);
}

function drop(folder, unneeded) {
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true }))
    if (entry.isFile() && unneeded.test(entry.name)) rmSync(path.join(entry.parentPath, entry.name));
}

/** Backends that are installed here. One that was compiled against a Python's TensorFlow finds it only at the same path. */
function installed(folder) {
  const backends = path.join(path.resolve(folder), 'backends');
  if (!existsSync(backends)) fail(`--home ${folder}: there is no "backends" in it`);
  cpSync(backends, path.join(home, 'backends'), {
    recursive: true,
    filter: (file) => !/[\\/]tried-[^\\/]+$/.test(file),
  });
}

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
await programs();
bindingSources();
if (!given['no-webgpu']) webgpu();
if (given.home) installed(given.home);
if (given.extra) {
  if (!existsSync(given.extra)) fail(`--extra ${given.extra} is not there`);
  cpSync(given.extra, path.join(out, 'extra'), { recursive: true });
}
const windows = process.platform === 'win32';
if (!given['no-node']) cpSync(process.execPath, path.join(out, windows ? 'node.exe' : 'node'));
writeFileSync(path.join(out, 'README.md'), readFileSync(from('bench/gpu/README.md')));
rmSync(archive, { force: true });
must('tar', ['-czf', archive, '-C', path.dirname(out), path.basename(out)]);
const mib = statSync(archive).size / 2 ** 20;
console.log(`${path.relative(process.cwd(), out)}\n${path.relative(process.cwd(), archive)}: ${mib.toFixed(1)} MiB`);
if (mib > most) fail(`the archive is larger than ${most} MiB: leave something out (--help), or allow more with --max`);
