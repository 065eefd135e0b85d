/**
 * Gives the devices of this host to the jobs that wait for them, and looks after programs whose supervisor was killed. One per
 * person and host; it needs no connection, so that jobs also begin while the computer that sent them sleeps. When it is killed,
 * the next program that has a job to submit starts another one, which finds everything in the tickets.
 */
import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { RUN_ENV } from '../protocol/run/runFiles.js';
import { jobOutput } from '../engine/executors/jobs.js';
import { placementEnv, Scheduler, type Need, type Placement } from '../engine/executors/scheduler.js';
import { SchedulerLease } from '../engine/executors/schedulerLease.js';
import { Devices } from '../engine/machine/devices.js';
import { readSupervisorRecords } from '../engine/runs/ends/endingRecords.js';
import { OrphanProgram } from '../engine/runs/life/orphan.js';
import { ControlFile } from '../engine/supervisor/controlFile.js';
import { scriptOf } from './jobScript.js';
import { standingOf } from './standing.js';
import { Tickets, type Ticket } from './tickets.js';

const EACH_MS = 300;
/** Without a job for so long, it ends. */
const IDLE_MS = 20_000;
/** Time between two signs of life, and longest time to wait for a lost keeper's place. */
const BEAT_MS = 500;
const WAIT_MS = 20_000;
/** A supervisor that was just started gets this long to take its launch. */
const START_MS = 60_000;

interface Known {
  ticket: Ticket;
  /** Null while it waits. */
  startedAt: number | null;
  /** The script or the supervisor has ended. */
  gone: boolean;
  orphan: { program: OrphanProgram; control: ControlFile } | null;
}

/** Resolves when there is nothing left to look after, or at once when another one does so. */
export async function keep(tickets = new Tickets(), env: NodeJS.ProcessEnv = process.env): Promise<void> {
  const lease = new SchedulerLease(tickets.keeperFile, BEAT_MS);
  // One from before the host was restarted gives no sign of life any more.
  for (const end = performance.now() + WAIT_MS; lease.take() !== null;) {
    if (performance.now() > end) return;
    await new Promise((resolve) => setTimeout(resolve, EACH_MS));
  }
  const devices = new Devices(env);
  await devices.refresh();
  const keeper = new Keeper(tickets, devices, env);
  for (let idleSince = performance.now(); performance.now() - idleSince < IDLE_MS;) {
    if (lease.take() !== null) return;
    if (await keeper.look()) idleSince = performance.now();
    await new Promise((resolve) => setTimeout(resolve, EACH_MS));
  }
  lease.release();
}

class Keeper {
  private readonly known = new Map<string, Known>();
  private readonly scheduler: Scheduler;

  constructor(
    private readonly tickets: Tickets,
    private readonly devices: Devices,
    private readonly env: NodeJS.ProcessEnv,
  ) {
    this.scheduler = new Scheduler(devices);
    this.scheduler.open();
  }

  /** Resolves to whether there is anything to look after. */
  async look(): Promise<boolean> {
    const all = this.tickets.all();
    const names = new Set(all.map(({ name }) => name));
    for (const [name, known] of this.known) if (!names.has(name)) this.drop(name, known);
    // Those that have a device first: no other may get it.
    for (const ticket of all) if (standingOf(ticket.folder, ticket.launch) !== 'not begun') this.adopt(ticket);
    for (const ticket of all) if (!this.known.has(ticket.name)) this.enqueue(ticket);
    for (const [name, known] of [...this.known]) if (await this.isOver(known)) this.tickets.remove(name);
    return all.length > 0;
  }

  private drop(name: string, known: Known): void {
    this.known.delete(name);
    known.orphan?.control.close();
    if (known.startedAt === null) this.scheduler.withdraw(name);
    else this.scheduler.release(name);
  }

  private adopt(ticket: Ticket): void {
    if (this.known.has(ticket.name)) return;
    this.known.set(ticket.name, { ticket, startedAt: performance.now(), gone: false, orphan: null });
    this.scheduler.occupy(ticket.name, ticket.search, needOf(ticket), ticket.device ?? 'cpu');
  }

  private enqueue(ticket: Ticket): void {
    const known: Known = { ticket, startedAt: null, gone: false, orphan: null };
    this.known.set(ticket.name, known);
    const { name, search } = ticket;
    this.scheduler.enqueue({
      id: name,
      search,
      need: needOf(ticket),
      start: (placement) => this.start(known, placement),
    });
  }

  private start(known: Known, placement: Placement): void {
    const { ticket } = known;
    const { folder, launch, argv, setup } = ticket;
    known.startedAt = performance.now();
    let output: number | undefined;
    try {
      known.ticket = { ...ticket, device: placement.device };
      this.tickets.write(known.ticket);
      output = fs.openSync(path.join(folder, jobOutput(launch)), 'a', 0o600);
      const base = { ...this.env, ...ticket.env };
      const given = placementEnv(placement, this.devices.cores, base, this.devices.gpus.length > 0);
      const { program, args } = commandOf(argv, setup);
      const child = spawn(program, args, {
        cwd: folder,
        detached: true,
        stdio: ['ignore', output, output],
        env: { ...base, [RUN_ENV.placement]: JSON.stringify(given), [RUN_ENV.job]: 'ssh' },
      });
      child.on('error', () => (known.gone = true));
      child.on('exit', () => (known.gone = true));
      child.unref();
    } catch (error) {
      known.gone = true;
      this.note((error as Error).message, folder, launch);
    } finally {
      if (output !== undefined) fs.closeSync(output);
    }
  }

  /** For the person, who sees it as the reason why the program did not begin. */
  private note(text: string, folder: string, launch: number): void {
    try {
      fs.appendFileSync(path.join(folder, jobOutput(launch)), `${text}\n`, { mode: 0o600 });
    } catch {
      // A folder that is gone, or a full disk.
    }
  }

  private async isOver(known: Known): Promise<boolean> {
    if (known.startedAt === null) return !fs.existsSync(known.ticket.folder);
    const { folder, launch } = known.ticket;
    switch (standingOf(folder, launch)) {
      case 'ended':
      case 'lost':
        return true;
      case 'not begun':
        return known.gone || performance.now() - known.startedAt > START_MS;
      case 'orphan':
        await this.lookAfter(known);
        return false;
      case 'working':
        return false;
    }
  }

  private async lookAfter(known: Known): Promise<void> {
    if (known.orphan) return;
    const { folder, launch } = known.ticket;
    const { spawn: spawned } = readSupervisorRecords(folder, { number: launch, at: -Infinity });
    const program = await OrphanProgram.find(folder, launch, spawned);
    if (!program) return;
    const control = new ControlFile(folder, launch, (asked) => {
      if (asked.type === 'stop') program.stop(asked.grace ?? 10);
      else if (asked.type === 'pause') program.pause();
      else if (asked.type === 'resume') program.resume();
    });
    known.orphan = { program, control };
    program.watch(() => control.close());
  }
}

function needOf({ gpus, perGpu }: Ticket): Need {
  return { gpus: gpus ?? 1, perGpu };
}

/** The person's lines run in a login shell, as on a terminal: that is where a Python or a module of theirs is found. */
function commandOf(argv: string[], setup: string[]): { program: string; args: string[] } {
  const shell = ['/bin/bash', '/usr/bin/bash', '/usr/local/bin/bash'].find((each) => fs.existsSync(each)) ?? '/bin/sh';
  return { program: shell, args: ['-l', '-c', scriptOf(setup, argv)] };
}
