import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import type { Assigned, Control } from '../../protocol/run/supervisor.js';
import { readReal, STATE_LIMIT } from '../../files/real.js';
import { RUN_FILES } from '../../protocol/run/runFiles.js';
import { lineReader } from '../../protocol/values/lines.js';

/** Time between two frames, so that a busy loop sends few large ones. A record that follows none is sent at once. */
const DELAY_MS = 20;
/** More than this is not held for a slow engine; it reads the file instead. */
const MAX_HELD = 1 << 20;

export interface StreamOptions {
  socket: string;
  token: string;
  /** Run's folder: where a supervisor that had to move its socket says so. */
  folder: string;
  onControl(control: Control): void;
}

/** Longest wait for the connection, in milliseconds. */
const CONNECT_MS = 5000;
/** After the greeting, time for what follows it. */
const SETTLE_MS = 50;

/**
 * Streams appended records to the supervisor, and receives the engine's requests. Failures here cost nothing, because
 * the file has everything. Never keeps the process alive.
 */
export class Stream {
  private socket: Socket | null = null;
  private ready = false;
  private sentAt = -Infinity;
  private text: string[] = [];
  private bytes = 0;
  private start = 0;
  private dropped = false;
  private greeted = false;
  private readonly greeting: (() => void)[] = [];
  private timer: NodeJS.Timeout | null = null;
  private wait = 250;
  private closed = false;
  private waiters: (() => void)[] = [];

  /** Waits for the answer to `nextRun`. */
  private answered: ((run: Assigned | null) => void) | null = null;

  constructor(
    private file: string,
    private options: StreamOptions,
  ) {
    this.open(options.socket, options.token);
  }

  /** From here on it is the stream of another run, whose predecessor has ended. */
  serve(file: string, options: Pick<StreamOptions, 'folder' | 'onControl'>): void {
    this.file = file;
    this.options = { ...this.options, ...options };
  }

  /** The run has ended. Resolves to the run that the supervisor gives this program next; null: none comes. */
  async nextRun(): Promise<Assigned | null> {
    // The engine reads the journal of a run that has ended.
    this.forget();
    this.options = { ...this.options, onControl: () => undefined };
    // A program whose first trial takes no time may still be connecting.
    if (!this.ready) await new Promise<void>((resolve) => this.afterGreeting(CONNECT_MS, resolve));
    const { socket } = this;
    if (!this.ready || !socket) return null;
    return new Promise((resolve) => {
      // While it waits, nothing else may be there to keep the process alive.
      socket.ref();
      this.answered = (run) => {
        this.answered = null;
        socket.unref();
        resolve(run);
      };
      socket.write('{"type":"ready"}\n');
    });
  }

  private forget(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    this.text = [];
    this.bytes = 0;
    this.dropped = false;
  }

  /** `start` is the line's offset in the journal. */
  push(line: string, start: number): void {
    // A frame contains contiguous bytes of the file: once something was left out, the following bytes are left out,
    // too.
    if (!this.dropped && this.bytes < MAX_HELD) {
      if (this.bytes === 0) this.start = start;
      this.text.push(line);
      this.bytes += line.length;
    } else this.dropped = true;
    this.schedule();
  }

  /** The file has grown by records that could not be sent line by line. */
  grown(): void {
    this.dropped = true;
    this.schedule();
  }

  async flush(timeoutMs: number): Promise<void> {
    this.send();
    if (this.idle()) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.waiters.push(() => (clearTimeout(timer), resolve()));
    });
  }

  /**
   * Calls `then` once the supervisor has greeted this client and has passed on earlier requests; at once if it has, and
   * after `timeoutMs` in any case.
   */
  afterGreeting(timeoutMs: number, then: () => void): void {
    if (this.greeted) return then();
    const timer = setTimeout(then, timeoutMs);
    this.greeting.push(() => {
      clearTimeout(timer);
      then();
    });
  }

  close(): void {
    this.closed = true;
    this.socket?.end();
  }

  private idle(): boolean {
    return this.bytes === 0 && (this.socket === null || this.socket.writableLength === 0);
  }

  private send(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    const socket = this.socket;
    if (!this.ready || socket === null) return;
    this.sentAt = performance.now();
    if (this.bytes > 0 && socket.writableLength < MAX_HELD) {
      const frame = { type: 'frame', file: this.file, offset: this.start, data: this.text.join('') };
      this.text = [];
      this.bytes = 0;
      socket.write(JSON.stringify(frame) + '\n', () => this.sent());
    }
    if (this.dropped && this.bytes === 0) {
      this.dropped = false;
      socket.write(JSON.stringify({ type: 'frame', file: this.file, offset: this.start }) + '\n');
    }
  }

  private schedule(): void {
    if (this.timer !== null || !this.ready) return;
    const wait = Math.max(0, DELAY_MS - (performance.now() - this.sentAt));
    this.timer = setTimeout(() => this.send(), wait).unref();
  }

  private sent(): void {
    // A slow engine had made us wait, or someone waits for all to be sent.
    if (this.bytes > 0 && (this.bytes >= MAX_HELD || this.waiters.length > 0)) this.send();
    else if (this.idle()) for (const waiter of this.waiters.splice(0)) waiter();
  }

  private open(path: string, token: string): void {
    const socket = connect({ path });
    this.socket = socket;
    socket.unref();
    socket.setNoDelay?.(true);
    socket.on('error', () => undefined);
    socket.on('connect', () => {
      this.ready = true;
      this.wait = 250;
      socket.write(JSON.stringify({ type: 'hello', token, role: 'client', handles: ['stop', 'set'] }) + '\n');
      this.send();
    });
    socket.on(
      'data',
      lineReader((line) => this.receive(line)),
    );
    socket.on('close', () => this.reopen());
  }

  private reopen(): void {
    this.ready = false;
    this.socket = null;
    // Without a supervisor no run comes.
    this.answered?.(null);
    for (const waiter of this.waiters.splice(0)) waiter();
    if (this.closed) return;
    setTimeout(() => {
      const { socket, token } = this.address();
      this.open(socket, token);
    }, this.wait).unref();
    this.wait = Math.min(this.wait * 2, 10_000);
  }

  private address(): { socket: string; token: string } {
    try {
      const found = JSON.parse(readReal(join(this.options.folder, RUN_FILES.supervisor), STATE_LIMIT));
      if (typeof found.socket === 'string' && typeof found.token === 'string') return found;
    } catch {
      // The file is missing or incomplete: the address we were given may still come back.
    }
    return this.options;
  }

  private receive(line: string): void {
    let message: unknown;
    try {
      message = JSON.parse(line);
    } catch {
      return;
    }
    if (isControl(message)) this.options.onControl(message);
    else if (isAnswer(message)) this.answered?.(message.type === 'assigned' ? message : null);
    else if (!this.greeted && isWelcome(message)) {
      this.greeted = true;
      // Earlier requests follow the greeting, perhaps in a separate packet.
      for (const then of this.greeting.splice(0)) setTimeout(then, SETTLE_MS);
    }
  }
}

const isAnswer = (message: unknown): message is Assigned | { type: 'dismiss' } =>
  typeof message === 'object' &&
  message !== null &&
  'type' in message &&
  (message.type === 'assigned' || message.type === 'dismiss');

const isWelcome = (message: unknown): boolean =>
  typeof message === 'object' && message !== null && 'type' in message && message.type === 'welcome';

function isControl(message: unknown): message is Control {
  if (typeof message !== 'object' || message === null || !('type' in message)) return false;
  const { type } = message;
  if (type === 'stop') return 'reason' in message && ['stop', 'prune', 'pause'].includes(message.reason as string);
  if (type === 'set') return 'params' in message && typeof message.params === 'object' && message.params !== null;
  return type === 'pause' || type === 'resume';
}
