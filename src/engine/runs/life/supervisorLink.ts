/**
 * The engine's connection to one run's supervisor: receives frames, sends controls. A lost connection is restored while
 * the supervisor lives; nothing is lost meanwhile, because the journal files contain everything.
 */
import * as path from 'node:path';
import { readReal } from '../../../files/real.js';
import { RUN_FILES, SupervisorAddress } from '../../../protocol/run/runFolder.js';
import { FromSupervisor, type Assign, type Control, type Frame } from '../../../protocol/run/supervisor.js';
import { isFrame } from '../../../protocol/run/supervisorChecks.js';
import { isOwnSocket, RUN_SOCKET } from '../../disk/sockets.js';
import { connectSupervisor, type SupervisorSocket } from './supervisorSocket.js';
import { isHere } from '../../machine/host.js';
import { byteLineReader } from '../../../protocol/values/byteLines.js';

export interface SupervisorEvents {
  /** Connected, with the program's pid (null: not started yet) and whether it is paused. */
  welcome(pid: number | null, paused: boolean): void;
  frame(frame: Frame): void;
  /** Data has arrived, and `read` has to be called. */
  arrived(): void;
  /** The exit record is in the journal. */
  exited(): void;
  closed(): void;
  /** A program that waited can't take the run. */
  declined(): void;
}

const HELLO_MS = 10_000;
/** Bytes. A longer line is dropped, so that a peer that never ends its line can't fill the memory. */
const LONGEST_LINE = 8 << 20;
/** Maximum number of bytes that one `read` handles, and that may be buffered. */
const READ_BYTES = 256 * 1024;
const MAX_WAITING = 1 << 15;
/** Bytes that wait from which on frames are not looked into: reading the journal from the disk costs less. */
const SKIMMED_BYTES = 32 * 1024;
/** The begin of a frame with its data, as supervisors write it. */
const FRAME = /^\{"type":"frame","file":"([\w.-]{1,200}\.ndjson)","offset":\d+,"data":"/;

export class SupervisorLink {
  private connection: SupervisorSocket | null = null;
  private welcomed = false;
  private readonly unsent: Control[] = [];
  private waiting: Buffer[] = [];
  private waitingBytes = 0;
  private lines: (chunk: Buffer) => void = () => undefined;
  private skims = false;
  /** True if the program has ended its run and would take another. */
  private waitsForRun = false;
  /** The supervisor has told the end of the run, and whether its program waits for another. */
  hasTold = false;
  /** It serves the run of a program that was waiting, and has no greeting yet. */
  private assigned = false;
  malformed = 0;

  constructor(
    private readonly folder: string,
    /** Identifies the run's launch, because an earlier launch's supervisor may still exist. */
    private readonly launch: number,
    private readonly events: SupervisorEvents,
  ) {}

  get connected(): boolean {
    return this.welcomed;
  }

  /** True if the supervisor may still have something to say. */
  get isOpen(): boolean {
    return this.connection !== null;
  }

  /** Tries once; false when no supervisor answers at the run's address. */
  async connect(): Promise<boolean> {
    const address = readAddress(this.folder);
    if (address?.launch !== this.launch || this.connection) return this.welcomed;
    // The folder may contain anything, so only a socket that this user owns is ever opened.
    if (!isOwnSocket(RUN_SOCKET, address.socket)) return false;
    // On this host, a socket with that name would be another process's.
    if (!isHere(address.host)) return false;
    const connection = connectSupervisor(address.socket);
    const { socket } = connection;
    socket.on('connect', () => {
      socket.write(JSON.stringify({ type: 'hello', token: address.token, role: 'engine' }) + '\n');
    });
    return this.attach(connection);
  }

  /**
   * Gives the run to a program that waits. `welcome` or `declined` follows; if the connection breaks before, nobody knows
   * whether it has the run.
   */
  assign(connection: SupervisorSocket, run: Assign): void {
    this.assigned = true;
    void this.attach(connection);
    connection.socket.write(JSON.stringify(run) + '\n');
  }

  /** Lets go of the connection to a program that waits for another run. Null: the program does not. */
  release(): SupervisorSocket | null {
    const { connection, waitsForRun } = this;
    if (!waitsForRun || !connection) return null;
    this.connection = null;
    this.welcomed = false;
    connection.data = () => undefined;
    for (const event of ['close', 'error']) connection.socket.removeAllListeners(event);
    if (connection.socket.isPaused()) connection.socket.resume();
    return connection;
  }

  /** Resolves to whether the supervisor has greeted us. */
  private attach(connection: SupervisorSocket): Promise<boolean> {
    this.connection = connection;
    const { socket } = connection;
    return new Promise((resolve) => {
      const timer = setTimeout(() => socket.destroy(), HELLO_MS);
      socket.on('error', () => undefined);
      const read = byteLineReader(
        (line) => {
          const message = this.skim(line) ?? this.parse(line);
          if (message?.type === 'welcome') {
            clearTimeout(timer);
            this.welcomed = true;
            this.assigned = false;
            resolve(true);
            for (const control of this.unsent.splice(0)) this.send(control);
          }
          if (message) this.dispatch(message);
        },
        { max: LONGEST_LINE, onTooLong: () => this.malformed++ },
      );
      this.lines = read;
      this.waiting = [];
      this.waitingBytes = 0;
      connection.data = (chunk) => {
        // Nothing is buffered before the greeting.
        if (!this.welcomed) return read(chunk);
        this.waiting.push(chunk);
        this.waitingBytes += chunk.length;
        if (this.waitingBytes > MAX_WAITING) socket.pause();
        this.events.arrived();
      };
      socket.on('close', () => {
        clearTimeout(timer);
        if (this.connection !== connection) return;
        this.connection = null;
        this.welcomed = false;
        resolve(false);
        if (this.assigned) this.refused();
        else this.events.closed();
      });
    });
  }

  /** Passes on a part of the received frames, with `skim` without their data. Returns whether there is more. */
  read(skim = false): boolean {
    this.skims = skim || this.waitingBytes > SKIMMED_BYTES;
    let bytes = 0;
    while (this.waiting.length > 0 && bytes < READ_BYTES) {
      const chunk = this.waiting.shift()!;
      bytes += chunk.length;
      this.lines(chunk);
    }
    this.skims = false;
    this.waitingBytes -= bytes;
    if (this.waitingBytes <= MAX_WAITING && this.connection?.socket.isPaused()) this.connection.socket.resume();
    return this.waiting.length > 0;
  }

  /** Sends now, or as soon as the supervisor answers. */
  send(control: Control): void {
    if (this.welcomed && this.connection) this.connection.socket.write(JSON.stringify(control) + '\n');
    else this.unsent.push(control);
  }

  dispose(): void {
    const { connection } = this;
    this.connection = null;
    this.welcomed = false;
    this.waiting = [];
    this.waitingBytes = 0;
    connection?.socket.destroy();
  }

  /** Returns a frame that only says which journal has grown; null: the line has to be read in full. */
  private skim(line: Buffer): Frame | null {
    const file = this.skims ? FRAME.exec(line.toString('latin1', 0, Math.min(300, line.length)))?.[1] : undefined;
    return file === undefined ? null : { type: 'frame', file, offset: 0 };
  }

  private parse(line: Buffer): FromSupervisor | null {
    try {
      const message: unknown = JSON.parse(line.toString('utf8'));
      // The type of nearly all messages.
      if (typeof message === 'object' && message !== null && isFrame(message as Record<string, unknown>))
        return message as Frame;
      return FromSupervisor.parse(message);
    } catch {
      // Unreadable frames are skipped, because the journal files have the same records.
      this.malformed++;
      return null;
    }
  }

  private dispatch(message: FromSupervisor): void {
    if (message.type === 'frame') this.events.frame(message);
    else if (message.type === 'welcome') this.events.welcome(message.pid, message.paused);
    else if (message.type === 'declined') this.refused();
    else if (message.type === 'exited') {
      this.waitsForRun = message.waits === true;
      this.hasTold = true;
      this.events.exited();
    }
  }

  private refused(): void {
    if (!this.assigned) return;
    this.assigned = false;
    this.dispose();
    this.events.declined();
  }
}

export function readAddress(folder: string): SupervisorAddress | null {
  try {
    return SupervisorAddress.parse(JSON.parse(readReal(path.join(folder, RUN_FILES.supervisor))));
  } catch {
    return null;
  }
}
