/**
 * The identity of this host. A process number means something only on the host, in the boot and in the pid namespace
 * that it was written down in. Elsewhere the same number is another process, or none.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import type { HostIdentity } from '../../protocol/run/host.js';

let known: HostIdentity | null = null;

/** Returns the identity of the host that this process runs on. */
export function thisHost(): HostIdentity {
  known ??= { name: hostname(), bootId: readBootId(), pidNamespace: readPidNamespace() };
  // A laptop changes its name with the network. The name is for people, so it may be new.
  return { ...known, name: hostname() };
}

/**
 * Returns whether process numbers of that host can be believed here. Records of earlier versions name no host; they are
 * taken for ours. Hosts that can't tell their boot are compared by name.
 */
export function isHere(host: HostIdentity | null | undefined, here: HostIdentity = thisHost()): boolean {
  if (!host) return true;
  if (host.bootId === null || here.bootId === null) return host.name === here.name;
  return host.bootId === here.bootId && host.pidNamespace === here.pidNamespace;
}

/** Returns an id that differs between two boots and between two machines, or null where the system has none. */
function readBootId(): string | null {
  try {
    if (process.platform === 'linux') return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim() || null;
    if (process.platform === 'darwin') return ask('sysctl', ['-n', 'kern.bootsessionuuid']);
    if (process.platform === 'win32') {
      const machine = registry('HKLM\\SOFTWARE\\Microsoft\\Cryptography', 'MachineGuid');
      const prefetch =
        'HKLM\\SYSTEM\\CurrentControlSet\\Control\\Session Manager\\Memory Management\\PrefetchParameters';
      const boot = registry(prefetch, 'BootId');
      return machine && boot ? `${machine}:${boot}` : null;
    }
  } catch {
    // The host is then told by its name.
  }
  return null;
}

/** Returns null outside Linux: only there do two containers of one boot count processes each for itself. */
function readPidNamespace(): string | null {
  if (process.platform !== 'linux') return null;
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return null;
  }
}

function ask(program: string, args: string[]): string | null {
  const output = execFileSync(program, args, { timeout: 5000, windowsHide: true, stdio: ['ignore', 'pipe', 'ignore'] });
  return output.toString().trim() || null;
}

function registry(key: string, value: string): string | null {
  return /REG_\w+\s+(\S+)/.exec(ask('reg', ['query', key, '/v', value]) ?? '')?.[1] ?? null;
}
