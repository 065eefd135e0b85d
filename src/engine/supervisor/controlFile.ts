/**
 * Requests from a host that can't reach our socket: lines in a file of the run's folder, read every second. Only a file
 * that this person owns counts, and only the lines for this launch.
 */
import { join } from 'node:path';
import { RUN_FILES } from '../../protocol/run/runFiles.js';
import type { Control } from '../../protocol/run/supervisor.js';
import { isControl } from '../../protocol/run/supervisorChecks.js';
import { OwnLines } from '../disk/ownLines.js';

const EACH_MS = 1000;

export class ControlFile {
  private readonly lines: OwnLines;
  private readonly timer: NodeJS.Timeout;

  constructor(
    folder: string,
    private readonly launch: number,
    private readonly asked: (control: Control) => void,
    name: string = RUN_FILES.control,
  ) {
    this.lines = new OwnLines(join(folder, name));
    this.timer = setInterval(() => this.look(), EACH_MS).unref();
  }

  close(): void {
    clearInterval(this.timer);
  }

  look(): void {
    for (const line of this.lines.read()) this.take(line);
  }

  private take(line: string): void {
    const control = controlIn(line, this.launch);
    if (control) this.asked(control);
  }
}

/** Returns what a line asks of this launch; null: nothing. */
export function controlIn(line: string, ofLaunch: number): Control | null {
  let request: { launch?: unknown; control?: unknown };
  try {
    request = JSON.parse(line) as typeof request;
  } catch {
    return null;
  }
  const { launch, control } = request ?? {};
  if (launch !== ofLaunch || typeof control !== 'object' || control === null) return null;
  return isControl(control as Record<string, unknown>) ? (control as Control) : null;
}
