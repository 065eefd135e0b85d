/** The run's local socket: made, made known in `supervisor.json`, and made again when someone removed it. */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { RUN_FILES } from '../../protocol/runFiles.js';
import { thisHost } from '../machine/host.js';

/** Longest path that every POSIX system takes for a socket, with room to spare. */
const MAX_SOCKET_PATH = 100;

/** Temporary-file cleaners remove sockets that look old. */
const CHECK_MS = 5000;

export class Endpoint {
  readonly token = randomBytes(24).toString('base64url');
  path = '';
  private server: Server | null = null;
  private timer: NodeJS.Timeout | null = null;

  constructor(
    private readonly folder: string,
    /** Which of the run's launches it serves. */
    private readonly launch: number,
    private readonly onConnection: (socket: Socket) => void,
  ) {}

  async open(): Promise<void> {
    this.path = newSocketPath();
    const server = createServer(this.onConnection);
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.path, resolve);
    });
    server.on('error', () => undefined);
    this.server = server;
    this.announce();
    if (process.platform !== 'win32' && this.timer === null)
      this.timer = setInterval(() => void this.check().catch(() => undefined), CHECK_MS).unref();
  }

  /** Nobody can find us any more; connections that are open go on until their sockets close. */
  close(): void {
    if (this.timer !== null) clearInterval(this.timer);
    this.server?.close();
    const path = join(this.folder, RUN_FILES.supervisor);
    // The run may have been launched again meanwhile.
    if (this.isOurs(path)) rmSync(path, { force: true });
    this.removeSocket();
  }

  /** Whole or not at all, and for this user's eyes only: the token is the key to the run. */
  private announce(): void {
    const path = join(this.folder, RUN_FILES.supervisor);
    const address = { pid: process.pid, socket: this.path, token: this.token, launch: this.launch, host: thisHost() };
    writeFileSync(`${path}.tmp`, JSON.stringify(address), { mode: 0o600 });
    renameSync(`${path}.tmp`, path);
  }

  private isOurs(path: string): boolean {
    try {
      return (JSON.parse(readFileSync(path, 'utf8')) as { token?: unknown }).token === this.token;
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

  private removeSocket(): void {
    if (process.platform !== 'win32') rmSync(dirname(this.path), { recursive: true, force: true });
  }
}

/** A name nobody can guess, in a folder (mode 0700) that nobody else can look into. */
function newSocketPath(): string {
  const name = randomBytes(9).toString('hex');
  if (process.platform === 'win32') return `\\\\.\\pipe\\tunesmith-run-${name}`;
  const bases = [tmpdir(), '/tmp'].filter((base) => base.length + '/tsm-XXXXXX/s'.length < MAX_SOCKET_PATH);
  let problem: unknown;
  for (const base of bases) {
    try {
      return join(mkdtempSync(join(base, 'tsm-')), 's');
    } catch (error) {
      problem = error;
    }
  }
  throw problem ?? new Error(`No temporary folder has a path short enough for a socket (${tmpdir()}).`);
}
