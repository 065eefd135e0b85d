/**
 * A real Slurm on this machine: slurmctld here, and slurmd in namespaces of its own (mounts, processes, name) with a /tmp of
 * its own, so that each node is another host. Needs Linux, root, and Debian's packages `slurm-wlm` and `munge`.
 */
import * as fs from 'node:fs';
import * as net from 'node:net';
import * as os from 'node:os';
import * as path from 'node:path';
import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';

const found = (program: string): boolean => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;

/** Why there can be no such cluster here; null: there can. */
export function whyNoSlurm(): string | null {
  if (process.platform !== 'linux') return 'not Linux';
  if (process.getuid?.() !== 0) return 'not root';
  const missing = ['slurmctld', 'slurmd', 'munged', 'sbatch', 'unshare'].filter((program) => !found(program));
  if (missing.length > 0) return `${missing.join(', ')} not installed`;
  const own = ['--mount', '--pid', '--fork', '--uts', '--mount-proc', 'mount', '-t', 'tmpfs', 'none', '/mnt'];
  return spawnSync('unshare', own).status === 0 ? null : 'no namespaces';
}

export class SlurmCluster {
  readonly env: Record<string, string>;
  private readonly daemons = new Map<string, ChildProcess>();

  private constructor(
    /** On a disk that the nodes see. */
    private readonly folder: string,
    private readonly repository: string,
    readonly nodes: readonly string[],
  ) {
    this.env = { SLURM_CONF: path.join(folder, 'slurm.conf') };
  }

  static async start(parent: string, repository: string, nodes = ['node1', 'node2']): Promise<SlurmCluster> {
    fs.mkdirSync(parent, { recursive: true });
    const folder = fs.mkdtempSync(path.join(parent, 'slurm-'));
    // munged refuses a socket that others can't reach.
    fs.chmodSync(folder, 0o755);
    const cluster = new SlurmCluster(folder, repository, nodes);
    await cluster.configure();
    cluster.munge();
    cluster.startController();
    for (const node of nodes) cluster.startNode(node);
    await cluster.until('all nodes to be idle', () => {
      const out = cluster.ask('sinfo', ['--noheader', '--partition=main', '--format=%T %D']) ?? '';
      return out.trim() === `idle ${nodes.length}`;
    });
    return cluster;
  }

  /** All that the controller has logged, also before it was restarted. */
  get controllerLog(): string {
    return fs.readFileSync(path.join(this.folder, 'slurmctld.log'), 'utf8');
  }

  /** Null: it failed. */
  ask(program: string, args: string[]): string | null {
    const { status, stdout } = spawnSync(program, args, { env: { ...process.env, ...this.env }, encoding: 'utf8' });
    return status === 0 ? stdout : null;
  }

  startController(): void {
    this.daemon('slurmctld', 'slurmctld', ['-D', '-f', this.env.SLURM_CONF!]);
  }

  stopController(): Promise<void> {
    return this.kill('slurmctld');
  }

  /** `isBooted`: its clock begins anew, as after a reboot; otherwise only its programs do. */
  startNode(node: string, isBooted = false): void {
    // Programs of the tests that lie in /tmp, such as an editor's Node in an empty cache, are on the node, too.
    const kept = [this.repository, process.env.TUNESMITH_CACHE].filter((folder) => folder && fs.existsSync(folder));
    const script = [
      `hostname ${node}`,
      'mount -t tmpfs none /mnt',
      ...kept.map((folder, i) => `mkdir /mnt/${i} && mount --bind '${folder}' /mnt/${i}`),
      'mount -t tmpfs none /tmp',
      ...kept.map((folder, i) => `mkdir -p '${folder}' && mount --bind /mnt/${i} '${folder}'`),
      `exec slurmd -D -N ${node} -f '${this.env.SLURM_CONF!}'`,
    ].join(' && ');
    const namespaces = ['--mount', '--pid', '--fork', '--uts', '--mount-proc', '--kill-child'];
    const uptime = Math.floor(Number(fs.readFileSync('/proc/uptime', 'utf8').split(' ')[0]));
    const clock = isBooted ? ['--time', `--boottime=-${uptime - 1}`] : [];
    this.daemon(node, 'unshare', [...clock, ...namespaces, 'sh', '-c', script]);
  }

  /** The node dies with all that runs on it. */
  killNode(node: string): Promise<void> {
    return this.kill(node);
  }

  async stop(): Promise<void> {
    this.ask('scancel', ['--me']);
    for (const name of [...this.daemons.keys()]) await this.kill(name);
    await this.stopMunge();
    fs.rmSync(this.folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }

  /** It writes its seed into the folder when it ends. */
  private async stopMunge(): Promise<void> {
    try {
      const pid = Number(fs.readFileSync(path.join(this.folder, 'munged.pid'), 'utf8'));
      process.kill(pid, 'SIGTERM');
      for (const end = Date.now() + 5000; Date.now() < end && fs.existsSync(`/proc/${pid}`);)
        await new Promise((resolve) => setTimeout(resolve, 50));
    } catch {
      // It is gone.
    }
  }

  private async configure(): Promise<void> {
    const { folder, nodes } = this;
    const ports = await Promise.all(['', ...nodes].map(() => freePort()));
    const at = (name: string): string => path.join(folder, name);
    fs.mkdirSync(at('state'));
    const lines = [
      'ClusterName=tunesmith',
      `SlurmctldHost=${os.hostname()}(127.0.0.1)`,
      `SlurmctldPort=${ports[0]}`,
      'AuthType=auth/munge',
      `AuthInfo=socket=${at('munge.sock')}`,
      'SlurmUser=root',
      'SlurmdUser=root',
      `StateSaveLocation=${at('state')}`,
      `SlurmdSpoolDir=${at('spool-%n')}`,
      `SlurmctldPidFile=${at('slurmctld.pid')}`,
      `SlurmdPidFile=${at('slurmd-%n.pid')}`,
      `SlurmctldLogFile=${at('slurmctld.log')}`,
      `SlurmdLogFile=${at('slurmd-%n.log')}`,
      'ProctrackType=proctrack/linuxproc',
      'TaskPlugin=task/none',
      'JobAcctGatherType=jobacct_gather/none',
      'AccountingStorageType=accounting_storage/none',
      'SelectType=select/cons_tres',
      'SelectTypeParameters=CR_Core',
      'SlurmdParameters=config_overrides',
      'SwitchType=switch/none',
      'MpiDefault=none',
      'SlurmdTimeout=10',
      'SlurmctldTimeout=10',
      'KillWait=15',
      'MinJobAge=60',
      'ReturnToService=2',
      'SchedulerParameters=sched_interval=1,bf_interval=1,sched_min_interval=100000',
      'PreemptType=preempt/partition_prio',
      'PreemptMode=REQUEUE',
      ...nodes.map((node, index) => {
        return `NodeName=${node} NodeAddr=127.0.0.1 NodeHostname=${node} Port=${ports[index + 1]} CPUs=8 RealMemory=4000`;
      }),
      `PartitionName=main Nodes=${nodes.join(',')} Default=YES MaxTime=INFINITE State=UP PriorityTier=1`,
      `PartitionName=urgent Nodes=${nodes.join(',')} MaxTime=INFINITE State=UP PriorityTier=10`,
    ];
    fs.writeFileSync(this.env.SLURM_CONF!, lines.join('\n') + '\n');
  }

  private munge(): void {
    const at = (name: string): string => path.join(this.folder, name);
    fs.writeFileSync(at('munge.key'), randomBytes(1024), { mode: 0o400 });
    const files = [
      'key-file=munge.key',
      'socket=munge.sock',
      'pid-file=munged.pid',
      'log-file=munged.log',
      'seed-file=seed',
    ];
    const options = files.map((each) => each.split('=')).map(([name, file]) => `--${name}=${at(file!)}`);
    execFileSync('munged', ['--force', ...options], { stdio: 'ignore' });
  }

  private daemon(name: string, program: string, args: string[]): void {
    const child = spawn(program, args, { stdio: 'ignore', env: { ...process.env, ...this.env } });
    this.daemons.set(name, child);
  }

  private async kill(name: string): Promise<void> {
    const child = this.daemons.get(name);
    this.daemons.delete(name);
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
  }

  private async until(what: string, look: () => boolean): Promise<void> {
    for (const end = Date.now() + 60_000; !look();) {
      if (Date.now() > end) throw new Error(`waited in vain for ${what}; see ${this.folder}`);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as net.AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
