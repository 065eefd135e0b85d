/** Answers one engine over the standard streams, until its connection ends. */
import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { appendRemote } from './told.js';
import { Devices } from '../engine/machine/devices.js';
import { isAlive } from '../engine/supervisor/processes.js';
import { contentReader, encode } from '../protocol/run/contents.js';
import {
  LARGEST_CONTENT,
  LARGEST_LINE,
  REMOTE_VERSION,
  ToRemote,
  type RemoteFacts,
  type RemoteRun,
  type RemoteState,
} from '../protocol/engine/remote.js';
import { Follower } from './follower.js';
import { forget } from './forget.js';
import { Places } from './places.js';
import { standingOf } from './standing.js';
import { submit } from './submit.js';
import { Tickets } from './tickets.js';
import { withdrawIfAsked } from './withdraw.js';

const PASS_MS = 200;
/** Bytes that may wait for a slow connection. */
const BACKLOG = 1 << 20;

export async function serve(base: string, input: Readable, output: Writable, program: string): Promise<void> {
  const server = new Serving(new Places(base), new Tickets(), output, program);
  await server.greet();
  const timer = setInterval(() => server.look(), PASS_MS);
  await new Promise<void>((resolve) => {
    const read = contentReader(
      (message, content) => server.heard(message, content),
      () => resolve(),
      { line: LARGEST_LINE, content: LARGEST_CONTENT },
    );
    input.on('data', read);
    for (const event of ['end', 'close', 'error'] as const) input.on(event, () => resolve());
    output.on('error', () => resolve());
  });
  clearInterval(timer);
  server.close();
}

interface Followed extends RemoteRun {
  name: string;
  follower: Follower;
}

class Serving {
  private readonly followed = new Map<string, Followed>();
  private readonly devices = new Devices();
  private keeperAt = -Infinity;
  /** Changes happen in the order in which they were asked for. */
  private turn: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly places: Places,
    private readonly tickets: Tickets,
    private readonly output: Writable,
    /** Path of this program, which is also the keeper's. */
    private readonly program: string,
  ) {}

  async greet(): Promise<void> {
    await this.devices.refresh();
    const { gpus, cores, cpuSlots } = this.devices;
    const names = gpus.map(({ name }) => name.slice(0, 200)).slice(0, 64);
    const facts: RemoteFacts = {
      ...{ hostname: os.hostname(), gpus: gpus.length, gpuNames: names, cores, cpuSlots },
      memory: Math.floor(os.totalmem() / 2 ** 20),
    };
    void this.send(encode({ type: 'ready', version: REMOTE_VERSION, facts }));
  }

  heard(message: Record<string, unknown>, content: Buffer): void {
    const parsed = ToRemote.safeParse(message);
    if (!parsed.success) return;
    const asked = parsed.data;
    if (asked.type === 'follow') return this.follow(asked);
    if (asked.type === 'unfollow') return this.unfollow(asked.run);
    if (asked.type === 'tell') return this.tell(asked.run, asked.offset, content);
    this.turn = this.turn.then(async () => {
      try {
        await this.answer(asked.id, await this.answerTo(asked));
      } catch (error) {
        void this.send(encode({ type: 'answer', id: asked.id, error: (error as Error).message }));
      }
    });
  }

  /** Sends what is new of all runs, and sees to it that jobs that wait have a keeper. */
  look(): void {
    for (const { follower } of this.followed.values()) void follower.pass();
    if (performance.now() - this.keeperAt > 5000 && this.tickets.all().length > 0) this.ensureKeeper();
  }

  close(): void {
    for (const id of [...this.followed.keys()]) this.unfollow(id);
  }

  private async answer(id: number, result: unknown): Promise<void> {
    await this.send(encode({ type: 'answer', id, result }));
  }

  private async answerTo(asked: Exclude<ToRemote, { type: 'follow' | 'unfollow' | 'tell' }>): Promise<unknown> {
    switch (asked.type) {
      case 'place':
        return this.places.prepare(asked.place, asked.copy, asked.incoming);
      case 'keep':
        this.places.keep(asked.place, asked.copy, asked.incoming);
        return {};
      case 'submit':
        await submit(asked.job, this.places, this.tickets);
        this.ensureKeeper();
        return {};
      case 'forget':
        forget(asked, this.places, this.tickets);
        this.unfollow(asked.run);
        return {};
      case 'states': {
        const states: Record<string, RemoteState> = {};
        for (const job of asked.jobs) {
          const state = this.stateOf(job);
          // Its records come first.
          if (state.name === 'gone') await this.followed.get(job.run)?.follower.pass(true);
          states[job.name] = state;
        }
        return states;
      }
    }
  }

  private stateOf({ place, run, launch, name }: RemoteRun & { name: string }): RemoteState {
    const ticket = this.tickets.read(name);
    const folder = ticket?.folder ?? this.places.find(place, run);
    if (folder === null) return { name: 'unknown' };
    switch (standingOf(folder, launch)) {
      case 'ended':
        return { name: 'gone', ended: true };
      case 'lost':
        return { name: 'gone', ended: false };
      case 'working':
      case 'orphan':
        return { name: 'running', device: ticket?.device ?? '' };
    }
    if (!ticket)
      return fs.existsSync(path.join(folder, `job-${launch}.log`))
        ? { name: 'gone', ended: false }
        : { name: 'unknown' };
    if (ticket.device !== null) return { name: 'running', device: ticket.device };
    const waiting = this.tickets.all().filter(({ device }) => device === null);
    const position = waiting.findIndex((each) => each.name === name) + 1;
    const isForGpu = ticket.gpus !== 0 && this.devices.gpus.length > 0;
    return { name: 'queued', position, reason: isForGpu ? 'waiting for a GPU' : 'waiting for a free core' };
  }

  private follow({ run, sizes, ...which }: Extract<ToRemote, { type: 'follow' }>): void {
    this.unfollow(run);
    const { place, launch, name } = which;
    const follower = new Follower({
      run,
      launch,
      sizes,
      find: () => this.places.find(place, run),
      state: () => this.stateOf({ place, run, launch, name }),
      send: (message) => this.send(message),
    });
    this.followed.set(run, { run, place, launch, name, follower });
    void follower.pass();
  }

  private unfollow(run: string): void {
    const followed = this.followed.get(run);
    if (followed) followed.follower.closed = true;
    this.followed.delete(run);
  }

  private tell(run: string, offset: number, content: Buffer): void {
    const followed = this.followed.get(run);
    const folder = followed && this.places.find(followed.place, run);
    if (!followed || !folder) return;
    appendRemote(folder, offset, content);
    if (withdrawIfAsked(folder, followed.launch)) this.tickets.remove(followed.name);
    void followed.follower.pass();
  }

  private ensureKeeper(): void {
    this.keeperAt = performance.now();
    if (isKept(this.tickets.keeperFile)) return;
    const log = fs.openSync(this.tickets.logFile, 'a', 0o600);
    try {
      spawn(process.execPath, [this.program, 'keep'], { detached: true, stdio: ['ignore', log, log], cwd: '/' })
        .on('error', () => undefined)
        .unref();
    } finally {
      fs.closeSync(log);
    }
  }

  /** Resolves when there is room for more. */
  private async send(message: Buffer): Promise<void> {
    if (this.output.destroyed) return;
    this.output.write(message);
    if (this.output.writableLength < BACKLOG) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        this.output.off('drain', done);
        this.output.off('close', done);
        resolve();
      };
      this.output.on('drain', done);
      this.output.on('close', done);
    });
  }
}

function isKept(file: string): boolean {
  try {
    const { pid, started } = JSON.parse(fs.readFileSync(file, 'utf8')) as { pid: number; started: string | null };
    return isAlive(pid, started);
  } catch {
    return false;
  }
}
