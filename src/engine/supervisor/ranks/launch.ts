/** Starts a program on several nodes, or several times on one, through Slurm's srun. */
import { lookup } from 'node:dns/promises';
import { createServer, type AddressInfo } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { RUN_FILES } from '../../../protocol/run/runFiles.js';
import type { Control } from '../../../protocol/run/supervisor.js';
import { appendLine } from '../../disk/appendLine.js';
import { foundProgram, type RankCounts } from '../spec.js';
import { personsUmask } from '../../disk/umask.js';

/** First argument of supervisor.cjs when it looks after one rank. */
export const RANK_FLAG = '--rank';

/** The ranks of one launch, for the supervisor on the first node, which owns the run's end. */
export class Ranks {
  private constructor(
    private readonly counts: RankCounts,
    private readonly folder: string,
    private readonly launch: number,
    /** Variables that all ranks share. */
    readonly env: Record<string, string>,
  ) {}

  /** `folder`: absolute. */
  static async of(counts: RankCounts, folder: string, launch: number): Promise<Ranks> {
    const name = await ownName();
    const env = { MASTER_PORT: String(await freePort()), ...(name !== null && { MASTER_ADDR: name }) };
    return new Ranks(counts, folder, launch, env);
  }

  /** Returns the command that starts `argv` once for each rank. */
  argv(argv: readonly string[], env: Record<string, string>): string[] {
    const { nodes, perNode } = this.counts;
    const cpus = process.env.SLURM_CPUS_PER_TASK;
    const [program, ...args] = argv as [string, ...string[]];
    return [
      'srun',
      `--nodes=${nodes}`,
      `--ntasks=${nodes * perNode}`,
      `--ntasks-per-node=${perNode}`,
      // Newer versions don't take it over from the job.
      ...(cpus === undefined ? [] : [`--cpus-per-task=${cpus}`]),
      // One rank that fails ends the others, which would wait for it for ever.
      '--kill-on-bad-exit=1',
      '--export=ALL',
      '--input=none',
      process.execPath,
      __filename,
      RANK_FLAG,
      this.folder,
      String(this.launch),
      (personsUmask() ?? process.umask()).toString(8),
      foundProgram(program, env),
      ...args,
    ];
  }

  /** Passes a request on to the ranks on other nodes, which read it from the run's folder. */
  tell(control: Control): void {
    if (this.counts.nodes > 1)
      appendLine(join(this.folder, RUN_FILES.ranks), JSON.stringify({ launch: this.launch, control }));
  }
}

/** Returns this node's name if others can resolve it. */
async function ownName(): Promise<string | null> {
  const name = hostname();
  try {
    const { address } = await lookup(name);
    return address.startsWith('127.') || address === '::1' ? null : name;
  } catch {
    return null;
  }
}

/** Resolves to a port of this node, where rank 0 will listen. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
