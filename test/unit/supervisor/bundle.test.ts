/** Each run has a supervisor of its own, so what it loads costs every run time and memory. */
import * as esbuild from 'esbuild';
import * as path from 'node:path';
import { expect, it } from 'vitest';

it('loads no library of schemas', async () => {
  const root = path.resolve(import.meta.dirname, '../../..');
  const { metafile } = await esbuild.build({
    ...{ absWorkingDir: root, entryPoints: ['src/engine/supervisor/main.ts'], bundle: true, metafile: true },
    ...{ platform: 'node', format: 'cjs', write: false, logLevel: 'silent' },
  });
  const [output] = Object.values(metafile.outputs);
  const packages = Object.keys(output!.inputs).flatMap(
    (file) => /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? [],
  );
  expect([...new Set(packages)]).toEqual(['yaml']);
});
