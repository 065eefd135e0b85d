/** The kind of file system that a folder is on, as the operating system tells. */
import { statfsSync } from 'node:fs';

/**
 * Magic numbers of Linux (`statfs(2)` and the file systems' own sources) of those whose files other machines write. A file
 * that is mapped into memory shows other hosts nothing for long there.
 */
const NETWORK: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB'],
  [0x0bd00bd0, 'Lustre'],
  [0x19830326, 'BeeGFS'],
  [0x47504653, 'GPFS'],
  [0x00c36400, 'Ceph'],
  [0x65735546, 'FUSE'],
  [0x5346414f, 'AFS'],
  [0x6b414653, 'AFS'],
  [0x73757245, 'Coda'],
  [0x01021997, '9p'],
  [0x013111a8, 'IBRIX'],
  [0xaad7aaea, 'PanFS'],
  [0x20030528, 'OrangeFS'],
  [0x01161970, 'GFS2'],
  [0x7461636f, 'OCFS2'],
  [0x786f4256, 'VirtualBox shared folder'],
  [0xbacbacbc, 'VMware shared folder'],
]);

/** Returns the name of the network file system that a folder is on; null: it is on a local disk, or the system does not tell. */
export function networkFileSystem(folder: string, type = typeOf(folder)): string | null {
  // A folder of another Windows machine.
  if (process.platform === 'win32') return /^[\\/]{2}[^\\/?.]/.test(folder) ? 'SMB' : null;
  if (process.platform !== 'linux' || type === null) return null;
  return NETWORK.get(type >>> 0) ?? null;
}

function typeOf(folder: string): number | null {
  try {
    return Number(BigInt.asUintN(32, statfsSync(folder, { bigint: true }).type));
  } catch {
    return null;
  }
}
