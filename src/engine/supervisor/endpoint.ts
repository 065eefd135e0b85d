/** The run's local socket: created, announced in `supervisor.json`, and created again if someone removed it. */
import { randomBytes } from 'node:crypto';
import { existsSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { readReal, writeReal } from '../../files/real.js';
import { RUN_FILES } from '../../protocol/run/runFiles.js';
import { untilRoom } from '../disk/room.js';
import { newSocket, removeSocket, RUN_SOCKET } from '../disk/sockets.js';
import { thisHost } from '../machine/host.js';

/** Programs that clean temporary files remove sockets that look old. */
const CHECK_MS = 5000;

export class Endpoint {
  readonly token = randomBytes(24).toString('base64url');
  path = '';
  private server: Server | null = null;
  private timer: NodeJS.Timeout | null = null;
  /** The run's launch that it serves: the folder from where this process stands, and its number. */
  private serves: { folder: string; launch: number } | null = null;

  constructor(private readonly onConnection: (socket: Socket) => void) {}

  /** Makes it known in the folder of a run that it serves from now on. */
  async serve(folder: string, launch: number): Promise<void> {
    this.serves = { folder, launch };
    if (this.server) await untilRoom(() => this.announce());
    else await this.open();
  }

  /** Nobody finds it in the run's folder any more. */
  withdraw(): void {
    const { serves } = this;
    this.serves = null;
    if (!serves) return;
    const path = join(serves.folder, RUN_FILES.supervisor);
    // The run may have been launched again meanwhile.
    if (this.isOurs(path)) rmSync(path, { force: true });
  }

  /** Listens. Without `serve`, only the program is told where. */
  async open(): Promise<void> {
    this.path = newSocket(RUN_SOCKET);
    const server = createServer(this.onConnection);
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.path, resolve);
    });
    server.on('error', () => undefined);
    this.server = server;
    await untilRoom(() => this.announce());
    if (process.platform !== 'win32' && this.timer === null)
      this.timer = setInterval(() => void this.check().catch(() => undefined), CHECK_MS).unref();
  }

  /** New clients can no longer find us; open connections last until their sockets close. */
  close(): void {
    if (this.timer !== null) clearInterval(this.timer);
    this.server?.close();
    this.withdraw();
    removeSocket(RUN_SOCKET, this.path);
  }

  /** Written atomically and readable only by this user, because the token gives access to the run. */
  private announce(): void {
    if (!this.serves) return;
    const { folder, launch } = this.serves;
    const path = join(folder, RUN_FILES.supervisor);
    const address = { pid: process.pid, socket: this.path, token: this.token, launch, host: thisHost() };
    writeReal(path, JSON.stringify(address), { sync: false });
  }

  private isOurs(path: string): boolean {
    try {
      return (JSON.parse(readReal(path)) as { token?: unknown }).token === this.token;
    } catch {
      return false;
    }
  }

  private async check(): Promise<void> {
    if (existsSync(this.path)) return;
    const old = this.server;
    await this.open();
    old?.close();
  }
}
