import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { downloadPackage } from '../../../../src/training/files/npm.js';

afterEach(() => void delete process.env.TUNESMITH_PACKAGES);

it('takes a package from the folder of kept ones, and asks npm for nothing', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tunesmith-packages-'));
  const kept = join(folder, 'tensorflow-tfjs-node-4.22.0.tgz');
  writeFileSync(kept, '');
  process.env.TUNESMITH_PACKAGES = folder;
  // npm itself can do nothing in a folder that is not there.
  expect(await downloadPackage('@tensorflow/tfjs-node@4.22.0', '/nowhere')).toBe(kept);
  await expect(downloadPackage('node-api-headers@1.5.0', '/nowhere')).rejects.toThrow();
});
