/** Follows one run in the terminal until it ends. */
import { LIVE_STATUSES, type Run } from '../../protocol/engine/index.js';
import { attached } from './attached.js';
import type { Context } from '../context.js';
import { formatNumber } from '../../format/numbers.js';
import { formatRunTime } from '../../format/times.js';
import { onInterrupt } from './interrupt.js';
import { LiveArea } from '../text/liveArea.js';
import { bar, paintFor, plain, safeLine } from '../text/terminal.js';
import { LineFolder } from '../../output/lineFolder.js';
import { OutputFilter } from '../../output/outputFilter.js';
import { ownMetrics } from '../../protocol/run/systemMetrics.js';
import { l10n } from '../../format/l10n.js';

/** Resolves to the run as it ended, or as it is when the person leaves. */
export async function followRun(
  context: Context,
  started: Run,
  options: { log: boolean; quiet: boolean },
): Promise<Run> {
  let run = started;
  const area = options.quiet ? null : new LiveArea(process.stderr);
  const draw = (): void => area?.draw(renderRun(context, run));
  const log = options.log ? new LogTail(context, run.id, { follows: true, area }) : null;
  const interrupt = onInterrupt(async () => {
    context.say(`\n${l10n.t('Stopping the run; what it logged stays. Ctrl+C again leaves at once.')}`);
    await (await context.engine()).request('runs/stop', { ids: [run.id] });
  });
  try {
    await attached<void>(
      context,
      async (engine, done) => {
        const take = (next: Run): void => {
          run = next;
          draw();
          if (!LIVE_STATUSES.includes(run.status)) done();
        };
        engine.on('changed', ({ runs }) => {
          const mine = runs.find((each) => each.id === run.id);
          if (mine) take(mine);
        });
        if (log) engine.on('logChanged', () => void log.read().catch(() => undefined));
        await engine.request('watch', { runs: [run.id], logs: log ? [run.id] : [] });
        const { runs } = await engine.request('runs/list', { ids: [run.id] });
        if (runs[0]) take(runs[0]);
      },
      interrupt.left,
    );
    // A row has the first metrics only.
    return run.more ? await (await context.engine()).request('runs/get', { id: run.id }) : run;
  } finally {
    interrupt.dispose();
    await log?.read().catch(() => undefined);
    area?.clear();
    log?.end();
  }
}

/** The lines that are redrawn during a run. Golden-tested. */
export function renderRun(context: Pick<Context, 'paint' | 'columns'>, run: Run, now = Date.now()): string[] {
  const { paint } = context;
  const fraction = run.progress?.fraction ?? 0;
  const metrics = ownMetrics(run.metrics)
    .slice(0, 6)
    .map(([name, summary]) => `${safeLine(name)} ${formatNumber(summary.last)}`);
  return [
    `${paint('cyan', run.status.padEnd(9))} ${bar(fraction, 24)} ${String(Math.floor(fraction * 100)).padStart(3)} %  ${formatRunTime(run, now)}  ${safeLine(run.progress?.text ?? '')}`,
    paint('dim', metrics.join(' · ')),
  ];
}

/** Prints a run's output as it grows; each progress update replaces the previous one. */
export class LogTail {
  private offset = 0;
  private reading: Promise<void> | null = null;
  private readonly output: Pick<LineFolder, 'push' | 'end'>;

  constructor(
    private readonly context: Context,
    private readonly run: string,
    private readonly options: { follows?: boolean; area?: LiveArea | null; rank?: number | undefined } = {},
  ) {
    const { follows = false, area = null } = options;
    const colors = paintFor(process.stdout) !== plain;
    // A terminal that nothing else draws on shows a bar while it moves.
    const moves = follows && !area?.live && process.stdout.isTTY && colors;
    this.output = moves ? new MovingOutput() : new LineFolder({ colors, atOnce: follows });
  }

  read(): Promise<void> {
    this.reading ??= this.readAll().finally(() => (this.reading = null));
    return this.reading;
  }

  /** Prints the rest of the output: its last line may be incomplete. */
  end(): void {
    process.stdout.write(this.output.end());
  }

  private async readAll(): Promise<void> {
    const engine = await this.context.engine();
    for (;;) {
      const part = await engine.request('log/read', {
        run: this.run,
        offset: this.offset,
        ...(this.options.rank !== undefined && { rank: this.options.rank }),
      });
      if (part.next === this.offset) return;
      this.offset = part.next;
      const text = this.output.push(part.text);
      if (text === '') continue;
      this.options.area?.clear();
      process.stdout.write(text);
    }
  }
}

/** The program's own movements, made safe. */
class MovingOutput {
  private readonly filter = new OutputFilter();

  push(text: string): string {
    return this.filter.push(text);
  }

  end(): string {
    return '\u001b[0m';
  }
}

/** Returns the exit code of a command that followed a run: 0 completed, 130 still live because it was interrupted, else 1. */
export function exitCodeOf({ status }: Pick<Run, 'status'>): number {
  return status === 'completed' ? 0 : LIVE_STATUSES.includes(status) ? 130 : 1;
}
