/** A terminal-like view of a run's output: with colours, following live, and read-only. */
import * as vscode from 'vscode';
import type { Run } from '../../protocol/engine/index.js';
import { Disposables, type Disposable } from '../events.js';
import { statusText } from '../../format/statuses.js';
import { l10n } from '../../format/l10n.js';
import type { FolderEngine } from '../link/folderEngine.js';
import { OutputFilter } from '../../output/outputFilter.js';
import { hasEntry } from '../../protocol/values/records.js';

/** Length of an old log that is read, and the backlog at which a terminal jumps to the end. */
const TAIL = 1_048_576;
const PIECE = 262_144;

export class LogTerminals implements Disposable {
  private readonly open = new Map<string, { terminal: vscode.Terminal; log: RunLog }>();
  private readonly all = new Disposables();

  constructor() {
    this.all.add(
      vscode.window.onDidCloseTerminal((closed) => {
        for (const [id, { terminal, log }] of this.open) {
          if (terminal !== closed) continue;
          log.close();
          this.open.delete(id);
        }
      }),
    );
  }

  show(folder: FolderEngine, run: Run): void {
    let entry = this.open.get(run.id);
    if (!entry) {
      const log = new RunLog(folder, run.id);
      const name = run.trial === null ? run.name : `${run.name} #${run.trial}`;
      const terminal = vscode.window.createTerminal({
        name,
        pty: log,
        iconPath: new vscode.ThemeIcon('output'),
        isTransient: true,
      });
      entry = { terminal, log };
      this.open.set(run.id, entry);
    }
    entry.terminal.show(true);
  }

  dispose(): void {
    for (const { terminal } of this.open.values()) terminal.dispose();
    this.open.clear();
    this.all.dispose();
  }
}

/** Follows one run's output. */
export class RunLog implements vscode.Pseudoterminal {
  private readonly all = new Disposables();
  private readonly writer = this.all.add(new vscode.EventEmitter<string>());
  readonly onDidWrite = this.writer.event;
  private readonly filter = new OutputFilter();
  private next = -TAIL;
  private reading = false;
  private again = false;
  private ended = false;

  constructor(
    private readonly folder: FolderEngine,
    private readonly run: string,
  ) {}

  open(): void {
    this.all.add(this.folder.on('logChanged', ({ runs }) => hasEntry(runs, this.run) && void this.read()));
    this.all.add(this.folder.on('changed', ({ runs }) => runs.some(({ id }) => id === this.run) && void this.read()));
    this.all.add(this.folder.onState(({ kind }) => kind === 'connected' && void this.read()));
    this.folder.watch(this, { runs: [], logs: [this.run] });
    void this.read();
  }

  close(): void {
    this.folder.watch(this, null);
    this.all.dispose();
  }

  handleInput(data: string): void {
    // The program accepts no input, but Ctrl+C is what people try first.
    if (data === '\u0003') this.note(l10n.t('This view only shows the output. To end the run, use Stop Run.'));
  }

  private async read(): Promise<void> {
    this.again = true;
    if (this.reading || this.ended) return;
    this.reading = true;
    try {
      while (this.again && !this.all.disposed && !this.ended) {
        this.again = false;
        await this.readOn();
      }
    } catch (error) {
      this.note(error instanceof Error ? error.message : String(error));
    } finally {
      this.reading = false;
    }
  }

  /** Up to the present end of the log. */
  private async readOn(): Promise<void> {
    for (;;) {
      const answer = await this.folder.request('log/read', { run: this.run, offset: this.next, limit: PIECE });
      if (this.all.disposed) return;
      if (this.next < 0 && answer.offset > 0)
        this.note(
          l10n.t(
            '… the first {0} KB are left out; Open Log in Editor shows everything.',
            Math.round(answer.offset / 1024),
          ),
        );
      this.writer.fire(this.filter.push(answer.text));
      this.next = answer.next;
      if (answer.size - answer.next > 8 * TAIL) {
        this.note(l10n.t('… {0} KB skipped.', Math.round((answer.size - TAIL - answer.next) / 1024)));
        this.next = answer.size - TAIL;
        continue;
      }
      if (answer.next < answer.size && answer.text !== '') continue;
      if (answer.ended) await this.end();
      return;
    }
  }

  private async end(): Promise<void> {
    this.ended = true;
    const run = await this.folder.request('runs/get', { id: this.run });
    const code = run.exitCode === null ? '' : l10n.t(', exit code {0}', run.exitCode);
    this.note(`${statusText(run.status)}${code}`);
    this.folder.watch(this, null);
  }

  private note(text: string): void {
    const plain = new OutputFilter().push(text);
    this.writer.fire(`\u001b[0m\r\n\u001b[2m${plain}\u001b[0m\r\n`);
  }
}
