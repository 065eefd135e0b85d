/** One process that trains one network when asked to. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { z } from 'zod';

const Ready = z.object({ ready: z.literal(true), device: z.string(), detail: z.string() });
const Turn = z.object({ examples: z.number(), seconds: z.number(), cpu: z.number() });

/** Fewer of one's own than of the data there are. */
const MOST = 20_000;

export interface Rate {
  /** Examples a second. */
  clock: number;
  /** Examples a second of the processor's time, of all threads together: what a busy machine changes little. */
  cpu: number;
}

export class Side {
  /** Examples a second, by the clock and of the processor's time. */
  readonly rates: number[] = [];
  readonly cpuRates: number[] = [];
  detail = '';
  private readonly child: ChildProcess;
  private readonly lines: AsyncIterator<string>;
  private said = '';
  private count: number;

  constructor(
    command: string[],
    private readonly batch: number,
  ) {
    this.child = spawn(command[0]!, command.slice(1), { stdio: ['pipe', 'pipe', 'pipe'] });
    this.child.stderr!.setEncoding('utf8').on('data', (text: string) => (this.said = (this.said + text).slice(-2000)));
    this.child.on('error', (error) => (this.said += error.message));
    this.child.stdin!.on('error', () => undefined);
    this.lines = createInterface({ input: this.child.stdout! })[Symbol.asyncIterator]();
    this.count = 4 * batch;
  }

  private async answer<T>(schema: z.ZodType<T>): Promise<T> {
    for (;;) {
      const { value, done } = await this.lines.next();
      if (done) throw new Error(this.said.trim().split('\n').at(-1) ?? 'it ended without a word');
      if (value.startsWith('{')) return schema.parse(JSON.parse(value));
    }
  }

  private async take(): Promise<z.infer<typeof Turn>> {
    this.child.stdin!.write(`${this.count}\n`);
    return this.answer(Turn);
  }

  /** Starts it, warms it up and finds out how many examples fill a turn. */
  async prepare(seconds: number): Promise<void> {
    this.detail = (await this.answer(Ready)).detail;
    for (let i = 0; i < 5; i++) {
      const turn = await this.take();
      if (turn.seconds > seconds / 2) return;
      const wanted = Math.min(this.count * 8, (this.count * seconds) / turn.seconds, MOST);
      this.count = Math.max(1, Math.round(wanted / this.batch)) * this.batch;
    }
  }

  async turn(seconds: number): Promise<void> {
    let examples = 0;
    let took = 0;
    let cpu = 0;
    while (took < 0.8 * seconds) {
      const turn = await this.take();
      examples += turn.examples;
      took += turn.seconds;
      cpu += turn.cpu;
    }
    this.rates.push(examples / took);
    this.cpuRates.push(examples / cpu);
  }

  /** Rate of the least disturbed turn. */
  get best(): Rate {
    return { clock: Math.max(...this.rates), cpu: Math.max(...this.cpuRates) };
  }

  end(): void {
    this.child.kill();
  }
}
