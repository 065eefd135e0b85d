/**
 * Requests from a host that can't reach our socket: lines in a file of the run's folder, read every second. Only a file
 * that this person owns counts, and only the lines for this launch.
 */
import { closeSync, fstatSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { openReal, sizeReal } from '../../files/real.js';
import { RUN_FILES } from '../../protocol/runFiles.js';
import type { Control } from '../../protocol/supervisor.js';
import { isControl } from '../../protocol/supervisorChecks.js';

const EACH_MS = 1000;
/** Maximum number of bytes per read; the rest follows with the next one. */
const MOST = 256 * 1024;
/** Write permissions of group and others. */
const OTHERS_WRITE = 0o022;

export class ControlFile {
  private readonly path: string;
  private readonly timer: NodeJS.Timeout;
  private offset = 0;

  constructor(
    folder: string,
    private readonly launch: number,
    private readonly asked: (control: Control) => void,
  ) {
    this.path = join(folder, RUN_FILES.control);
    this.timer = setInterval(() => this.look(), EACH_MS).unref();
  }

  close(): void {
    clearInterval(this.timer);
  }

  look(): void {
    try {
      if ((sizeReal(this.path) ?? 0) > this.offset) this.read();
    } catch {
      // It is gone, or is a link: there are no requests.
    }
  }

  private read(): void {
    const file = openReal(this.path);
    let text: string;
    try {
      const { uid, mode } = fstatSync(file);
      const own = process.getuid?.();
      if (own !== undefined && (uid !== own || (mode & OTHERS_WRITE) !== 0)) return;
      const bytes = Buffer.alloc(MOST);
      text = bytes.toString('latin1', 0, readSync(file, bytes, 0, MOST, this.offset));
    } finally {
      closeSync(file);
    }
    const end = text.lastIndexOf('\n') + 1;
    // A line longer than one read belongs to nobody.
    this.offset += end === 0 && text.length === MOST ? MOST : end;
    for (const line of text.slice(0, end).split('\n')) this.take(Buffer.from(line, 'latin1').toString('utf8'));
  }

  private take(line: string): void {
    let request: { launch?: unknown; control?: unknown };
    try {
      request = JSON.parse(line) as typeof request;
    } catch {
      return;
    }
    const { launch, control } = request ?? {};
    if (launch !== this.launch || typeof control !== 'object' || control === null) return;
    if (isControl(control as Record<string, unknown>)) this.asked(control as Control);
  }
}
