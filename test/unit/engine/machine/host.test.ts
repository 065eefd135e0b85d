import { execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { expect, it } from 'vitest';
import { isHere, thisHost } from '../../../../src/engine/machine/host.js';
import { HostIdentity } from '../../../../src/protocol/run/host.js';

const linux = process.platform === 'linux';
const here = { name: 'a', bootId: 'b1', pidNamespace: 'pid:[1]' };

it('tells the name, the boot and the pid namespace', () => {
  const host = HostIdentity.parse(thisHost());
  expect(host.name).toBe(hostname());
  if (!linux) return;
  expect(host.bootId).toBe(readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim());
  expect(host.pidNamespace).toBe(readlinkSync('/proc/self/ns/pid'));
});

it.each([
  ['the same host', here, true],
  ['the same host under a new name', { ...here, name: 'other' }, true],
  ['another boot', { ...here, bootId: 'b2' }, false],
  ['a container of the same boot', { ...here, pidNamespace: 'pid:[2]' }, false],
  ['a record of an earlier version', undefined, true],
  ['a host that can’t tell its boot, same name', { name: 'a', bootId: null, pidNamespace: null }, true],
  ['a host that can’t tell its boot, other name', { name: 'c', bootId: null, pidNamespace: null }, false],
])('believes process numbers of %s: %s', (_, host, believed) => {
  expect(isHere(host, here)).toBe(believed);
});

it.runIf(linux)('treats a process in a separate pid namespace as another host', (context) => {
  let namespace: string;
  try {
    namespace = execFileSync('unshare', ['--pid', '--fork', '--mount-proc', 'readlink', '/proc/self/ns/pid'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    // Namespaces need rights that this machine does not give.
    return context.skip();
  }
  expect(isHere({ ...thisHost(), pidNamespace: namespace })).toBe(false);
});
