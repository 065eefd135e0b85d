/**
 * Tickets of the jobs that wait for a device of this host, or have one: a file for each, in a folder of this person's for this host.
 * All engines whose runs come here share it, so the devices are given to one run after the other.
 */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { z } from 'zod';
import { tunesmithHome } from '../client/home.js';
import { readReal, STATE_LIMIT, writeReal } from '../files/real.js';
import { record } from '../protocol/values/recordSchema.js';

const Ticket = z.object({
  version: z.literal(1),
  name: z.string(),
  /** Absolute path of the run's folder. */
  folder: z.string(),
  launch: z.number().int(),
  /** The supervisor's command. */
  argv: z.array(z.string()).min(1),
  env: record(z.string()),
  setup: z.array(z.string()),
  gpus: z.number().nullable(),
  perGpu: z.number(),
  search: z.string().nullable(),
  /** Milliseconds since the epoch. */
  at: z.number(),
  /** Null while it waits. */
  device: z.string().nullable(),
});
export type Ticket = z.infer<typeof Ticket>;

const ENDING = '.json';

/** Folder of this host; a home may be shared by several. */
export function hostFolder(): string {
  const name = os.hostname().replaceAll(/[^\w.-]/g, '_');
  return path.join(tunesmithHome(), 'host', name);
}

export class Tickets {
  readonly folder: string;

  constructor(private readonly host = hostFolder()) {
    this.folder = path.join(host, 'queue');
    fs.mkdirSync(this.folder, { recursive: true, mode: 0o700 });
  }

  /** Path of the file that says who gives the devices away. */
  get keeperFile(): string {
    return path.join(this.host, 'keeper.json');
  }

  get logFile(): string {
    return path.join(this.host, 'keeper.log');
  }

  /** In the order in which they came. */
  all(): Ticket[] {
    return fs
      .readdirSync(this.folder)
      .filter((name) => name.endsWith(ENDING))
      .flatMap((name) => this.read(name.slice(0, -ENDING.length)) ?? [])
      .sort((a, b) => a.at - b.at || (a.name < b.name ? -1 : 1));
  }

  read(name: string): Ticket | null {
    try {
      return Ticket.parse(JSON.parse(readReal(this.path(name), STATE_LIMIT)));
    } catch {
      return null;
    }
  }

  write(ticket: Ticket): void {
    writeReal(this.path(ticket.name), JSON.stringify(ticket));
  }

  remove(name: string): void {
    fs.rmSync(this.path(name), { force: true });
  }

  private path(name: string): string {
    if (!/^[\w-]{1,200}$/.test(name)) throw new Error(`${JSON.stringify(name)} is not the name of a job`);
    return path.join(this.folder, name + ENDING);
  }
}
