/** A process that speaks the ask-tell protocol: Optuna's (Python) or ours. */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { createInterface, type Interface } from 'node:readline';
import type { Params } from '../../src/protocol/values/index.js';

export interface Asked {
  id: number;
  params: Params;
  resume?: true;
  until?: number;
  from?: number;
  repeatOf?: number;
}
export interface Answer {
  error?: string;
  /** Time spent in the sampler. */
  ms: number;
  trials?: Asked[];
  prune?: boolean;
  pause?: boolean;
  done?: boolean;
  waiting?: boolean;
  /** Answer to `heap`, which only our worker knows. */
  bytes?: number;
}

export class Worker {
  private readonly child: ChildProcessWithoutNullStreams;
  private readonly lines: Interface;
  private readonly pending: ((line: string | null) => void)[] = [];
  private errors = '';

  constructor(argv: string[]) {
    const env = { ...process.env, OMP_NUM_THREADS: '1', MKL_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1' };
    this.child = spawn(argv[0]!, argv.slice(1), { stdio: 'pipe', env });
    this.child.stderr.on('data', (data: Buffer) => (this.errors = (this.errors + String(data)).slice(-2000)));
    this.child.stdin.on('error', () => undefined);
    this.lines = createInterface({ input: this.child.stdout });
    this.lines.on('line', (line) => this.pending.shift()?.(line));
    this.lines.on('close', () => this.pending.splice(0).forEach((resolve) => resolve(null)));
  }

  /** Throws when the worker says it can't, or is gone. */
  async request(name: string, body: object): Promise<Answer> {
    const line = await new Promise<string | null>((resolve) => {
      this.pending.push(resolve);
      this.child.stdin.write(`${JSON.stringify({ [name]: body })}\n`);
    });
    if (line === null) throw new Error(`the worker ended\n${this.errors}`);
    const answer = JSON.parse(line) as Answer;
    if (answer.error !== undefined) throw new Error(`${name}: ${answer.error}`);
    return answer;
  }

  end(): void {
    this.child.stdin.end();
    this.child.kill();
  }
}
