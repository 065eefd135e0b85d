/** Plays random kills of every process over runs and searches, on two hosts that share one folder. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { spawn, type ChildProcess } from 'node:child_process';
import { connectEngine, type EngineConnection } from '../../src/engine/clients/index.js';
import { workspacePaths } from '../../src/engine/disk/paths.js';
import { LIVE_STATUSES, type Run } from '../../src/protocol/engine/index.js';
import { NOTES, writePrograms } from './programs.js';
import { processOf, type SlurmVictims } from './slurm.js';
import type { Fate } from './verdict.js';

export interface PlayOptions {
  /** Folder of bundles, on a disk that both hosts see. */
  dist: string;
  /** An empty folder on the same disk. */
  workspace: string;
  kills: number;
  seed: number;
  python: string;
  /** Runs are jobs of this cluster, whose daemons are killed, too. */
  slurm?: SlurmVictims | undefined;
  say?(text: string): void;
}

export const VICTIMS = [
  'program',
  'supervisor',
  'engine',
  'engine of the other host',
  'client',
  'slurmd and its node',
  'slurmctld',
] as const;
export type Victim = (typeof VICTIMS)[number];
const CHANCES: Record<'local' | 'slurm', Record<Victim, number>> = {
  local: {
    program: 0.38,
    supervisor: 0.27,
    engine: 0.1,
    'engine of the other host': 0.1,
    client: 0.15,
    'slurmd and its node': 0,
    slurmctld: 0,
  },
  slurm: {
    program: 0.3,
    supervisor: 0.24,
    engine: 0.1,
    'engine of the other host': 0.1,
    client: 0.15,
    'slurmd and its node': 0.05,
    slurmctld: 0.06,
  },
};
/** Number of runs that are kept running. */
const AT_WORK = 6;
/** Time for which a run is waited for that is running on a cluster. */
const BEGIN_MS = 40_000;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export interface Played {
  kills: Record<Victim, number>;
  fates: Fate[];
  /** As the other host's own index has them; null when this machine gives no namespaces. */
  otherHost: Fate[] | null;
  searches: number;
  /** Runs whose loss Slurm's own log records. */
  lostBySlurm: number;
}

export async function play(options: PlayOptions): Promise<Played> {
  const game = new Game(options);
  try {
    return await game.play();
  } finally {
    await game.close();
  }
}

class Game {
  private readonly kills = Object.fromEntries(VICTIMS.map((victim) => [victim, 0])) as Record<Victim, number>;
  private readonly files: { runs: string[]; searches: string[] };
  private readonly asked = new Set<string>();
  private readonly searches = new Set<string>();
  private readonly killed = new Map<string, { program: boolean; supervisor: boolean }>();
  private readonly clients: ChildProcess[] = [];
  private engine: EngineConnection | null = null;
  private other: ChildProcess | null = null;
  private readonly random: () => number;
  private turn = 0;
  private lostBySlurm = 0;

  constructor(private readonly options: PlayOptions) {
    this.files = writePrograms(options.workspace, options.python, options.slurm ? 'slurm' : 'local');
    this.random = mulberry(options.seed);
  }

  async play(): Promise<Played> {
    this.other = this.startOther();
    for (let count = 0; count < this.options.kills;) {
      await this.keepBusy();
      await pause(this.random() * 120);
      const victim = this.pick();
      if (!(await this.kill(victim))) continue;
      this.kills[victim]++;
      if (++count % 50 === 0) this.options.say?.(`${count} kills`);
    }
    await this.settle();
    const fates = await this.fates();
    return {
      kills: this.kills,
      fates,
      otherHost: await this.fatesThere(fates),
      searches: this.searches.size,
      lostBySlurm: this.lostBySlurm,
    };
  }

  async close(): Promise<void> {
    for (const client of this.clients) client.kill('SIGKILL');
    this.other?.kill('SIGKILL');
    const engine = await this.connect().catch(() => null);
    await engine?.request('engine/stop', { force: true }).catch(() => undefined);
    engine?.dispose();
  }

  private async connect(): Promise<EngineConnection> {
    if (this.engine && !this.engine.closed) return this.engine;
    const { workspace, dist } = this.options;
    this.engine = await connectEngine({
      workspace,
      client: 'chaos',
      version: '0.1.0',
      distFolder: dist,
      timeoutMs: 60_000,
      env: {
        TUNESMITH_LEASE_SECONDS: '2',
        ...(this.options.slurm && { ...this.options.slurm.cluster.env, TUNESMITH_CLUSTER_POLL_SECONDS: '2' }),
      },
    });
    return this.engine;
  }

  /** Asks as a person would: again when the engine died over it. What it may have made meanwhile is found by its name. */
  private async request<T>(ask: (engine: EngineConnection) => Promise<T>): Promise<T> {
    for (let tries = 0; ; tries++) {
      try {
        return await ask(await this.connect());
      } catch (error) {
        if (tries === 20) throw error;
        await pause(100);
      }
    }
  }

  private async live(): Promise<Run[]> {
    const { runs } = await this.request((engine) =>
      engine.request('runs/list', { status: [...LIVE_STATUSES], limit: 1000 }),
    );
    return runs;
  }

  private async keepBusy(): Promise<void> {
    this.options.slurm?.resumeNodes();
    if ((await this.live()).length >= AT_WORK) return;
    const turn = this.turn++;
    const name = `chaos ${turn}`;
    const [files, isSearch] = turn % 8 === 7 ? [this.files.searches, true] : [this.files.runs, false];
    const file = files[Math.floor(this.random() * files.length)]!;
    const start = async (engine: EngineConnection): Promise<void> => {
      if (isSearch) this.searches.add((await engine.request('searches/start', { file, name })).search.id);
      else this.asked.add((await engine.request('runs/start', { file, name })).run.id);
    };
    // Unanswered because the engine was killed: it may have been made all the same, which is what was asked for.
    await start(await this.connect()).catch(() => this.remember(name));
  }

  private async remember(name: string): Promise<void> {
    const { runs } = await this.request((engine) => engine.request('runs/list', { text: name, limit: 50 }));
    for (const run of runs) if (run.name === name) this.asked.add(run.id);
    const { searches } = await this.request((engine) => engine.request('searches/list', {}));
    for (const search of searches) if (search.name === name) this.searches.add(search.id);
  }

  private pick(): Victim {
    let left = this.random();
    const chances = CHANCES[this.options.slurm ? 'slurm' : 'local'];
    return VICTIMS.find((victim) => (left -= chances[victim]) < 0) ?? 'program';
  }

  private async kill(victim: Victim): Promise<boolean> {
    if (victim === 'engine') return this.killEngine();
    if (victim === 'engine of the other host') return this.killThere();
    if (victim === 'client') return this.killClient();
    if (victim === 'slurmctld' || victim === 'slurmd and its node') return this.killDaemon(victim);
    const runs = await this.running(victim);
    const run = runs[Math.floor(this.random() * runs.length)];
    const pid = run ? this.pidOf(victim, run.id) : null;
    if (!run || pid === null) return false;
    // A job ends with its supervisor, and takes the program along.
    this.noteKill(run.id, this.options.slurm ? ['program', 'supervisor'] : [victim]);
    return signal(pid);
  }

  /** On a cluster, runs take a while to begin, more so after the loss of a node. */
  private async running(victim: 'program' | 'supervisor'): Promise<Run[]> {
    for (const until = Date.now() + (this.options.slurm ? BEGIN_MS : 0); ; await pause(300)) {
      const runs = (await this.live()).filter(
        ({ id, status }) => status === 'running' && (!this.options.slurm || this.pidOf(victim, id) !== null),
      );
      if (runs.length > 0 || Date.now() >= until) return runs;
      await this.keepBusy();
    }
  }

  private pidOf(victim: 'program' | 'supervisor', id: string): number | null {
    if (this.options.slurm) return processOf(victim, id, this.folder(id));
    const spawned = this.spawned(id);
    const pid = victim === 'program' ? spawned?.pid : spawned?.supervisor;
    return pid !== undefined && isRunOf(pid, id, this.folder(id), victim) ? pid : null;
  }

  private noteKill(id: string, what: ('program' | 'supervisor')[]): void {
    const entry = this.killed.get(id) ?? { program: false, supervisor: false };
    this.killed.set(id, entry);
    for (const each of what) entry[each] = true;
  }

  /** Who is hit by it is said by Slurm's own log in the end. */
  private async killDaemon(victim: 'slurmctld' | 'slurmd and its node'): Promise<boolean> {
    const { slurm } = this.options;
    if (!slurm) return false;
    if (victim === 'slurmctld') await slurm.killController(this.random() * 3000);
    else await slurm.killNode(Math.floor(this.random() * 2));
    return true;
  }

  private killEngine(): boolean {
    try {
      const { pid } = JSON.parse(fs.readFileSync(workspacePaths(this.options.workspace).address, 'utf8'));
      return signal(pid);
    } catch {
      return false;
    }
  }

  /** The other host's loop starts a fresh one by itself. */
  private killThere(): boolean {
    if (!this.other) return false;
    try {
      fs.writeFileSync(path.join(this.options.workspace, 'kill-there'), '');
      return true;
    } catch {
      return false;
    }
  }

  /** A client that follows, killed at any moment. */
  private killClient(): boolean {
    const { dist, workspace } = this.options;
    const before = this.clients.shift();
    const again = spawn(process.execPath, [path.join(dist, 'cli.cjs'), 'log', 'latest', '--follow'], {
      cwd: workspace,
      stdio: 'ignore',
      env: { ...process.env, TUNESMITH_LEASE_SECONDS: '2' },
    });
    this.clients.push(again);
    return before !== undefined && before.exitCode === null && before.kill('SIGKILL');
  }

  private async settle(): Promise<void> {
    for (const id of this.searches) {
      await this.request((engine) => engine.request('searches/stop', { id }).catch(() => ({})));
    }
    const deadline = Date.now() + 240_000;
    while ((await this.live()).length > 0 && Date.now() < deadline) {
      this.options.slurm?.resumeNodes();
      await pause(this.options.slurm ? 2000 : 300);
    }
    // Records that come late still count.
    await pause(3000);
  }

  private async fates(): Promise<Fate[]> {
    const { runs } = await this.request((engine) => engine.request('runs/list', { limit: 10_000 }));
    const fates: Fate[] = [];
    for (const run of runs) {
      const { points } = await this.request((engine) =>
        engine.request('metrics/read', { run: run.id, metric: 'loss' }).catch((error) => {
          if (engine.closed) throw error;
          return { points: [] };
        }),
      );
      fates.push(
        this.fate(
          run,
          points.map(({ step }) => step),
        ),
      );
    }
    return fates;
  }

  private fate(run: Pick<Run, 'id' | 'experiment' | 'status' | 'error' | 'search'>, stored: number[]): Fate {
    // Slurm loses jobs with a daemon, also ones that it begins later on a node that has just lost everything.
    const { slurm } = this.options;
    const isLost = run.error?.kind === 'lost' || run.error?.kind === 'not-started';
    if (slurm && isLost && this.jobsOf(run.id).some((job) => slurm.hasLost(job))) {
      this.noteKill(run.id, ['program', 'supervisor']);
      this.lostBySlurm++;
    }
    const note = (name: string): string[] => lines(path.join(this.folder(run.id), name));
    return {
      id: run.id,
      kind: run.experiment.replace('-search', ''),
      status: run.status,
      error: run.error?.kind ?? null,
      stored,
      acknowledged: note(NOTES.acknowledged).map(Number),
      starts: note(NOTES.starts).length,
      done: note(NOTES.done).length > 0,
      killed: this.killed.get(run.id) ?? { program: false, supervisor: false },
      asked: this.asked.has(run.id) || (run.search !== null && this.searches.has(run.search)),
      isTrial: run.search !== null,
      processesLeft: processesOf(run.id),
    };
  }

  /** Numbers of the run's jobs. */
  private jobsOf(id: string): string[] {
    return fs.readdirSync(this.folder(id)).flatMap((name) => {
      if (!/^job-\d+\.json$/.test(name)) return [];
      const { id: job } = JSON.parse(fs.readFileSync(path.join(this.folder(id), name), 'utf8')) as {
        id: string | null;
      };
      return job ?? [];
    });
  }

  /** Reads the other host's own index, which was built from the folder alone. */
  private async fatesThere(here: Fate[]): Promise<Fate[] | null> {
    if (!this.other) return null;
    const file = path.join(this.options.workspace, 'there.json');
    fs.writeFileSync(path.join(this.options.workspace, 'finish-there'), '');
    // A run without a record of its end ends there when its lease has been stale for three minutes; its engine may just have been killed.
    const deadline = Date.now() + 300_000;
    while (!fs.existsSync(file) && Date.now() < deadline) await pause(200);
    const there = JSON.parse(fs.readFileSync(file, 'utf8')) as { run: Run; stored: number[] }[];
    const known = new Map(there.map((one) => [one.run.id, one]));
    return here.map((fate) => {
      const seen = known.get(fate.id);
      return {
        ...fate,
        status: seen?.run.status ?? 'unknown',
        error: seen?.run.error?.kind ?? null,
        stored: seen?.stored ?? [],
      };
    });
  }

  private startOther(): ChildProcess | null {
    const { dist, workspace } = this.options;
    const script =
      'hostname node7 && mount -t tmpfs none /tmp && mkdir /tmp/home && ' +
      'TUNESMITH_HOME=/tmp/home TMPDIR=/tmp TUNESMITH_LEASE_SECONDS=2 exec "$@"';
    const command = [process.execPath, path.join(dist, 'chaos-host.cjs'), workspace, dist];
    const child = spawn(
      'unshare',
      ['--mount', '--pid', '--fork', '--uts', '--mount-proc', '--kill-child', 'sh', '-c', script, 'sh', ...command],
      { stdio: ['ignore', 'ignore', 'inherit'] },
    );
    child.on('exit', () => (this.other = null));
    child.on('error', () => (this.other = null));
    return child;
  }

  private folder(id: string): string {
    return path.join(workspacePaths(this.options.workspace).runs, id);
  }

  private spawned(id: string): { pid: number; supervisor: number } | null {
    for (const line of lines(path.join(this.folder(id), 'journal/supervisor.ndjson'))) {
      const record = JSON.parse(line) as { type: string; pid: number; supervisor: number };
      if (record.type === 'spawn') return record;
    }
    return null;
  }
}

function lines(file: string): string[] {
  try {
    return fs.readFileSync(file, 'utf8').split('\n').filter(Boolean);
  } catch {
    return [];
  }
}

/** Returns whether the process still is what the record says: numbers are used again. */
function isRunOf(pid: number, id: string, folder: string, victim: 'program' | 'supervisor'): boolean {
  try {
    if (victim === 'supervisor') return fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(folder);
    return fs.readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`TUNESMITH_RUN_ID=${id}\0`);
  } catch {
    return false;
  }
}

function processesOf(id: string): number {
  return fs.readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && fs.readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`TUNESMITH_RUN_ID=${id}\0`);
    } catch {
      return false;
    }
  }).length;
}

function signal(pid: number): boolean {
  try {
    process.kill(pid, 'SIGKILL');
    return true;
  } catch {
    return false;
  }
}

function mulberry(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
