/**
 * A real sshd on this machine, in namespaces of its own (mounts, processes, name) with a /tmp of its own, so that it is another
 * host. Needs Linux, root, and Debian's package `openssh-server`.
 */
import * as fs from 'node:fs';
import * as net from 'node:net';
import * as os from 'node:os';
import * as path from 'node:path';
import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';

const SSHD = '/usr/sbin/sshd';
export const HOST_NAME = 'gpu-box';

/** Why there can be no such host here; null: there can. */
export function whyNoSshd(): string | null {
  if (process.platform !== 'linux') return 'not Linux';
  if (process.getuid?.() !== 0) return 'not root';
  if (!fs.existsSync(SSHD)) return 'openssh-server is not installed';
  const own = ['--mount', '--pid', '--fork', '--uts', '--mount-proc', 'mount', '-t', 'tmpfs', 'none', '/mnt'];
  return spawnSync('unshare', own).status === 0 ? null : 'no namespaces';
}

export class SshServer {
  /** For the engine: names our configuration, and none of the person's keys. */
  readonly env: Record<string, string>;
  private child: ChildProcess | null = null;
  /** Files that the host does not have. */
  private hidden: string[] = [];

  private constructor(
    private readonly folder: string,
    readonly port: number,
  ) {
    this.env = { TUNESMITH_SSH_CONFIG: path.join(folder, 'config'), SSH_AUTH_SOCK: '' };
  }

  /** `gpus`: how many its `nvidia-smi` shows. `hidden`: programs of this machine that the host does not have. */
  static async start({ gpus = 0, hidden = [] }: { gpus?: number; hidden?: string[] } = {}): Promise<SshServer> {
    const folder = fs.mkdtempSync('/var/tmp/tunesmith-ssh-');
    const server = new SshServer(folder, await freePort());
    server.configure(gpus);
    server.hidden = hidden;
    await server.up();
    return server;
  }

  async up(): Promise<void> {
    fs.mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
    const disk = path.join(this.folder, 'tmp');
    fs.mkdirSync(disk, { recursive: true });
    const script = [
      `hostname ${HOST_NAME}`,
      `mount --bind '${disk}' /tmp`,
      ...this.hidden.map((file) => `mount --bind /dev/null '${file}'`),
      `exec ${SSHD} -D -f '${this.at('sshd_config')}' -E '${this.at('log')}'`,
    ].join(' && ');
    const namespaces = ['--mount', '--pid', '--fork', '--uts', '--mount-proc', '--kill-child'];
    this.child = spawn('unshare', [...namespaces, 'sh', '-c', script], {
      stdio: 'ignore',
      env: { PATH: process.env.PATH },
    });
    for (const end = Date.now() + 15_000; !(await answers(this.port));) {
      if (Date.now() > end) throw new Error(`sshd does not come up; see ${this.at('log')}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** The host loses its power: everything on it is gone but its disk. */
  async kill(): Promise<void> {
    const { child } = this;
    this.child = null;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
  }

  /** Breaks all connections; sshd and what runs on the host stay. */
  breakConnections(): number {
    const pids = this.sessions();
    for (const pid of pids) process.kill(pid, 'SIGKILL');
    return pids.length;
  }

  /** Runs a command on the host, as any client would. Null: it failed. */
  ask(command: string): string | null {
    const { status, stdout } = spawnSync(
      'ssh',
      ['-F', this.env.TUNESMITH_SSH_CONFIG!, '-o', 'BatchMode=yes', '--', HOST_NAME, command],
      {
        encoding: 'utf8',
        env: { ...process.env, ...this.env },
      },
    );
    return status === 0 ? stdout : null;
  }

  /** A path of the host's own disk, as this machine sees it. */
  disk(...parts: string[]): string {
    return path.join(this.folder, 'tmp', ...parts);
  }

  log(): string {
    return fs.readFileSync(this.at('log'), 'utf8');
  }

  /** Rewrites the list of known hosts. */
  forget(): void {
    fs.writeFileSync(this.at('known_hosts'), '');
  }

  know(): void {
    const key = fs.readFileSync(this.at('host_key.pub'), 'utf8').split(' ').slice(0, 2).join(' ');
    fs.writeFileSync(this.at('known_hosts'), `[127.0.0.1]:${this.port} ${key}\n`);
  }

  async stop(): Promise<void> {
    await this.kill();
    fs.rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  private at(name: string): string {
    return path.join(this.folder, name);
  }

  /** Programs that only the host has, first on its PATH. */
  private programs(gpus: number): string {
    const bin = this.disk('bin');
    fs.mkdirSync(bin, { recursive: true });
    const lines = Array.from({ length: gpus }, (_, index) => `${index}, GPU-${index}, Test GPU, 8192, 0, 0`);
    if (gpus > 0)
      fs.writeFileSync(path.join(bin, 'nvidia-smi'), `#!/bin/sh\ncat <<'E'\n${lines.join('\n')}\nE\n`, { mode: 0o755 });
    return '/tmp/bin:/usr/local/bin:/usr/bin:/bin';
  }

  private configure(gpus: number): void {
    for (const name of ['host_key', 'key'])
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', this.at(name)]);
    fs.copyFileSync(this.at('key.pub'), this.at('authorized_keys'));
    fs.writeFileSync(
      this.at('sshd_config'),
      [
        `Port ${this.port}`,
        'ListenAddress 127.0.0.1',
        `HostKey ${this.at('host_key')}`,
        `AuthorizedKeysFile ${this.at('authorized_keys')}`,
        `PidFile ${this.at('pid')}`,
        'PasswordAuthentication no',
        'KbdInteractiveAuthentication no',
        'StrictModes no',
        'UsePAM no',
        'PermitRootLogin prohibit-password',
        'MaxSessions 50',
        'Subsystem sftp internal-sftp',
        // Only the first of several lines would count.
        `SetEnv TUNESMITH_HOME=/tmp/home PATH=${this.programs(gpus)}`,
        '',
      ].join('\n'),
    );
    fs.writeFileSync(
      this.at('config'),
      [
        `Host ${HOST_NAME}`,
        '  HostName 127.0.0.1',
        `  Port ${this.port}`,
        `  User ${os.userInfo().username}`,
        `  IdentityFile ${this.at('key')}`,
        '  IdentitiesOnly yes',
        `  UserKnownHostsFile ${this.at('known_hosts')}`,
        '  GlobalKnownHostsFile /dev/null',
        '',
      ].join('\n'),
    );
    this.know();
  }

  private sessions(): number[] {
    return fs.readdirSync('/proc').flatMap((name) => {
      if (!/^\d+$/.test(name)) return [];
      try {
        const line = fs.readFileSync(`/proc/${name}/cmdline`, 'utf8');
        const isOurs = fs.readlinkSync(`/proc/${name}/ns/uts`) === this.namespace();
        return isOurs && /^sshd: /.test(line) && !line.includes('[listener]') ? [Number(name)] : [];
      } catch {
        return [];
      }
    });
  }

  private namespace(): string {
    // The child of unshare is in the namespaces.
    const [first] = fs
      .readFileSync(`/proc/${this.child!.pid!}/task/${this.child!.pid!}/children`, 'utf8')
      .trim()
      .split(' ');
    return fs.readlinkSync(`/proc/${first}/ns/uts`);
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1');
    socket.once('data', () => (socket.destroy(), resolve(true)));
    socket.once('error', () => resolve(false));
    socket.setTimeout(1000, () => (socket.destroy(), resolve(false)));
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as net.AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
