import * as os from 'node:os';
import { expect, it } from 'vitest';
import { networkFileSystem } from '../../../../src/engine/machine/fileSystem.js';

it.runIf(process.platform === 'linux').each([
  [0x6969, 'NFS'],
  [0x0bd00bd0, 'Lustre'],
  [0x65735546, 'FUSE'],
  // Some architectures give the number with its sign.
  [0xff534d42 | 0, 'CIFS'],
  [0xef53, null],
  [0x9123683e, null],
])('%d is %s', (type, name) => {
  expect(networkFileSystem('/x', type)).toBe(name);
});

it('asks the system', () => {
  expect(networkFileSystem(os.tmpdir())).toBeNull();
  expect(networkFileSystem('/nowhere/at all')).toBeNull();
});
