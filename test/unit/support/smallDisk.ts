/** A real file system with little room, for tests of what a full disk does. */
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

export class SmallDisk {
  private constructor(readonly folder: string) {}

  /** Null where we may not mount one. */
  static mount(kilobytes: number): SmallDisk | null {
    if (process.platform !== 'linux' || process.getuid?.() !== 0) return null;
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tunesmith-full-'));
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${kilobytes}k`, 'tmpfs', folder], { stdio: 'ignore' });
      return new SmallDisk(folder);
    } catch {
      fs.rmdirSync(folder);
      return null;
    }
  }

  /** Takes what room there is, to the last byte. */
  fill(): void {
    const ballast = fs.openSync(path.join(this.folder, 'ballast'), 'a');
    try {
      for (let size = 4096; size > 0;) {
        try {
          fs.writeSync(ballast, Buffer.alloc(size, 1));
        } catch {
          size >>= 1;
        }
      }
    } finally {
      fs.closeSync(ballast);
    }
  }

  free(): void {
    fs.rmSync(path.join(this.folder, 'ballast'), { force: true });
  }

  unmount(): void {
    execFileSync('umount', ['-l', this.folder]);
    fs.rmSync(this.folder, { recursive: true, force: true });
  }
}
