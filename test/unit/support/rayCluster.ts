/** A real Ray head on this machine. Needs `ray[default]`: `node scripts/setup/hosts.mjs` installs it. */
import * as fs from 'node:fs';
import * as net from 'node:net';
import * as os from 'node:os';
import * as path from 'node:path';
import { spawn, type ChildProcess } from 'node:child_process';

/** Path of the program; null: it is not installed. */
function findRay(): string | null {
  const named = process.env.TUNESMITH_TEST_RAY;
  if (named) return named;
  const cache = path.join(process.env.XDG_CACHE_HOME ?? path.join(os.homedir(), '.cache'), 'tunesmith-dev', 'python');
  const folders = fs.existsSync(cache) ? fs.readdirSync(cache).filter((name) => name.startsWith('ray-')) : [];
  const programs = folders.map((name) => path.join(cache, name, 'bin', 'ray'));
  return programs.find((program) => fs.existsSync(path.join(program, '../../.complete'))) ?? null;
}

/** Why there can be no cluster here; null: there can. */
export const whyNoRay = (): string | null => (findRay() === null ? 'Ray is not installed' : null);

export class RayCluster {
  private child: ChildProcess | null = null;

  private constructor(
    private readonly folder: string,
    private readonly ports: { head: number; dashboard: number },
  ) {}

  get address(): string {
    return `http://127.0.0.1:${this.ports.dashboard}`;
  }

  /** `cpus`: how many cores it gives away. */
  static async start(cpus: number): Promise<RayCluster> {
    const folder = fs.mkdtempSync('/tmp/ray-');
    const cluster = new RayCluster(folder, { head: await freePort(), dashboard: await freePort() });
    await cluster.up(cpus);
    return cluster;
  }

  async up(cpus: number): Promise<void> {
    const { folder, ports } = this;
    const args = ['start', '--head', '--block', `--port=${ports.head}`, '--dashboard-host=127.0.0.1'];
    const limits = [`--num-cpus=${cpus}`, '--num-gpus=0', '--object-store-memory=80000000', `--temp-dir=${folder}`];
    const env = { ...process.env, RAY_USAGE_STATS_ENABLED: '0', RAY_DISABLE_IMPORT_WARNING: '1' };
    const out = fs.openSync(path.join(folder, 'start.log'), 'a');
    this.child = spawn(findRay()!, [...args, `--dashboard-port=${ports.dashboard}`, ...limits], {
      stdio: ['ignore', out, out],
      env,
      // All that it starts is in its group, except the jobs.
      detached: true,
    });
    fs.closeSync(out);
    for (const end = Date.now() + 90_000; !(await this.answers());) {
      if (Date.now() > end) throw new Error(`Ray does not come up; see ${folder}`);
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
  }

  /** The head and all workers die. */
  async kill(): Promise<void> {
    const { child } = this;
    this.child = null;
    if (!child) return;
    for (const pid of [...processesWith(this.folder), child.pid!]) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It is gone.
      }
    }
    while (processesWith(this.folder).length > 0) await new Promise((resolve) => setTimeout(resolve, 100));
  }

  async stop(): Promise<void> {
    await this.kill();
    fs.rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  private async answers(): Promise<boolean> {
    try {
      const answer = await fetch(`${this.address}/api/jobs/`, { signal: AbortSignal.timeout(2000) });
      return answer.ok;
    } catch {
      return false;
    }
  }
}

/** Processes of this cluster: its folder is on their command lines. */
function processesWith(folder: string): number[] {
  return fs.readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      return fs.readFileSync(`/proc/${name}/cmdline`, 'utf8').includes(folder) ? [Number(name)] : [];
    } catch {
      return [];
    }
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
