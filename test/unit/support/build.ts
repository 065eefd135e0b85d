/**
 * The real bundles for tests that start real processes: built once per vitest run, whichever test file comes first,
 * into a temporary folder (the person's own dist/ is left alone).
 */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import * as esbuild from 'esbuild';

export const REPO = path.resolve(import.meta.dirname, '../../..');

const PROGRAMS = {
  cli: 'src/cli/main.ts',
  engine: 'src/engine/main.ts',
  study: 'src/engine/searches/study/worker.ts',
  insight: 'src/engine/searches/insight/worker.ts',
  supervisor: 'src/engine/supervisor/main.ts',
  remote: 'src/remote/main.ts',
  module: 'src/client/module/host.ts',
  viewer: 'src/viewer/main.ts',
  pipeline: 'src/pipeline/main.ts',
  report: 'src/report/index.ts',
};

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Builds of earlier vitest runs. */
function removeOld(prefix: string): void {
  for (const name of fs.readdirSync(os.tmpdir())) {
    if (!name.startsWith(prefix) || alive(Number(name.slice(prefix.length)))) continue;
    fs.rmSync(path.join(os.tmpdir(), name), { recursive: true, force: true });
  }
}

export async function bundle(outdir: string, plugins: esbuild.Plugin[] = [], version = '0.1.0'): Promise<void> {
  await esbuild.build({
    entryPoints: Object.fromEntries(Object.entries(PROGRAMS).map(([name, file]) => [name, path.join(REPO, file)])),
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    keepNames: true,
    outExtension: { '.js': '.cjs' },
    outdir,
    external: ['vscode', '@tensorflow/tfjs-node', '@tensorflow/tfjs-node-gpu', 'webgpu'],
    define: { 'process.env.TUNESMITH_VERSION': JSON.stringify(version) },
    logLevel: 'error',
    plugins,
  });
}

/** Absolute path of a folder with cli.cjs, engine.cjs, supervisor.cjs and module.cjs, the Python client beside it. */
export async function buildDist(): Promise<string> {
  const prefix = 'tunesmith-test-build-';
  // Workers of one run have the same parent.
  const folder = path.join(os.tmpdir(), `${prefix}${process.ppid}`);
  const dist = path.join(folder, 'dist');
  const ready = path.join(folder, 'ready');
  try {
    fs.mkdirSync(folder);
  } catch {
    for (let waited = 0; !fs.existsSync(ready); waited += 50) {
      if (waited > 60_000) throw new Error(`nobody finished the build in ${folder}; remove it`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return dist;
  }
  try {
    removeOld(prefix);
    await bundle(dist);
    const packages = path.join(REPO, 'node_modules');
    fs.cpSync(path.join(packages, 'pdfmake', 'fonts', 'Roboto'), path.join(dist, 'fonts'), { recursive: true });
    fs.cpSync(path.join(packages, 'pdfkit', 'js', 'data'), path.join(dist, 'data'), { recursive: true });
    for (const beside of ['python', 'l10n'])
      fs.symlinkSync(path.join(REPO, beside), path.join(folder, beside), 'junction');
    fs.writeFileSync(ready, '');
  } catch (error) {
    fs.rmSync(folder, { recursive: true, force: true });
    throw error;
  }
  return dist;
}
