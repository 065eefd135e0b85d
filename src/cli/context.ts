/** The context of a command: its workspace, its output and its connection to the engine. */
import { once } from 'node:events';
import { existsSync, lstatSync, statSync } from 'node:fs';
import * as path from 'node:path';
import { connectEngine, EngineError, type EngineConnection } from '../engine/clients/index.js';
import { DATA_FOLDER } from '../files/real.js';
import type { Run } from '../protocol/engine/index.js';
import { escapeUnsafe } from '../protocol/values/shownText.js';
import { CommandError } from './errors.js';
import { forStream, paintFor, safe, safeLine, type Paint } from './text/terminal.js';
import { l10n } from '../format/l10n.js';

/** Absolute path of the folder in which the command was started. Throws CommandError when it was deleted. */
export function currentFolder(): string {
  try {
    return process.cwd();
  } catch {
    throw new CommandError(
      l10n.t('The current folder has been deleted. Change to one that exists (cd), then try again.'),
    );
  }
}

export class Context {
  readonly paint: Paint = paintFor(process.stdout);
  private connection: EngineConnection | null = null;
  private problem: string | null = null;

  constructor(
    readonly workspace: string,
    /** Folder with engine.cjs and trainer.cjs. */
    readonly dist: string,
    readonly version: string,
    readonly cwd: string = currentFolder(),
    /** Language of the engine's answers. */
    readonly locale = 'en',
  ) {}

  get columns(): number {
    return process.stdout.columns || Number(process.env.COLUMNS) || 100;
  }

  print(text = ''): void {
    process.stdout.write(`${forStream(text, process.stdout)}\n`);
  }

  /** Prints a part of a long text, and waits while the reader is slow. */
  async write(text: string): Promise<void> {
    const { stdout } = process;
    const isTaken = stdout.write(stdout.isTTY ? escapeUnsafe(text) : text);
    if (!isTaken) await once(stdout, 'drain');
  }

  json(value: unknown): void {
    const text = JSON.stringify(value, null, 2);
    this.print(process.stdout.isTTY ? escapeUnsafe(text) : text);
  }

  /** Prints everything that is not a result to standard error. */
  say(text: string): void {
    process.stderr.write(`${forStream(text, process.stderr)}\n`);
  }

  /** The engine, started when none runs. */
  async engine(): Promise<EngineConnection> {
    if (this.connection && !this.connection.closed) return this.connection;
    this.connection = await connectEngine({
      workspace: this.workspace,
      client: 'cli',
      version: this.version,
      distFolder: this.dist,
      locale: this.locale,
    });
    const { notice, problem } = this.connection.engine;
    if (notice !== null) this.say(notice);
    this.sayProblem(problem);
    this.connection.on('condition', (condition) => this.sayProblem(condition.problem));
    return this.connection;
  }

  /** Prints once why the engine can't work, and once that it can again. */
  private sayProblem(problem: string | null): void {
    if (problem === this.problem) return;
    this.problem = problem;
    this.say(problem === null ? l10n.t('The engine works normally again.') : this.paint('yellow', safe(problem)));
  }

  /** The running engine, or null. */
  async runningEngine(): Promise<EngineConnection | null> {
    try {
      return await connectEngine({
        workspace: this.workspace,
        client: 'cli',
        version: this.version,
        distFolder: this.dist,
        locale: this.locale,
        start: false,
      });
    } catch (error) {
      if (error instanceof EngineError && error.kind === 'not-running') return null;
      throw error;
    }
  }

  dispose(): void {
    this.connection?.dispose();
    this.connection = null;
  }

  /** Absolute path of an experiment file named on the command line. */
  file(name: string): string {
    const file = path.resolve(this.cwd, name);
    if (!existsSync(file)) throw new CommandError(l10n.t('There is no file {0}.', safeLine(file)), [], 2);
    if (statSync(file).isDirectory()) {
      throw new CommandError(
        l10n.t('{0} is a folder. Name an experiment file, such as x.tune.yaml.', safeLine(file)),
        [],
        2,
      );
    }
    return file;
  }

  /** The run that a word names: its id, the only id that begins so, its name, or `latest`. */
  async run(word: string): Promise<Run> {
    const engine = await this.engine();
    if (word === 'latest') {
      const { runs } = await engine.request('runs/list', { limit: 1, metrics: 'all' });
      if (runs[0]) return runs[0];
      throw new CommandError(l10n.t('There are no runs yet. Start one with: tunesmith run FILE'));
    }
    const exact = await engine.request('runs/list', { ids: [word], limit: 1, metrics: 'all' });
    if (exact.runs[0]) return exact.runs[0];
    const { runs } = await engine.request('runs/list', { text: word, limit: 1000 });
    const found = runs.filter((run) => run.id.startsWith(word) || run.name === word);
    if (found.length === 1) return engine.request('runs/get', { id: found[0]!.id });
    if (found.length > 1) {
      const some = found.slice(0, 5).map((run) => `${run.id} (${safeLine(run.name)})`);
      throw new CommandError(
        l10n.t(
          '"{0}" names {1} runs: {2}{3}.',
          safeLine(word),
          found.length,
          some.join(', '),
          found.length > 5 ? ', …' : '',
        ),
      );
    }
    throw new CommandError(l10n.t('There is no run "{0}" here. See them with: tunesmith ls', safeLine(word)));
  }

  async runs(words: string[]): Promise<Run[]> {
    const runs: Run[] = [];
    for (const word of words) runs.push(await this.run(word));
    return runs;
  }
}

/**
 * Returns the nearest folder from `from` up that has a .tunesmith folder, else `from`. Above `from` it must be a real
 * folder of this user, because in a world-writable folder another user may have created it. Root works for everybody.
 */
export function findWorkspace(from: string): string {
  const here = path.resolve(from);
  if (existsSync(path.join(here, DATA_FOLDER))) return here;
  for (let folder = here; path.dirname(folder) !== folder;) {
    folder = path.dirname(folder);
    if (isOwnFolder(path.join(folder, DATA_FOLDER))) return folder;
  }
  return here;
}

function isOwnFolder(folder: string): boolean {
  try {
    const stat = lstatSync(folder);
    const user = process.geteuid?.() ?? 0;
    return stat.isDirectory() && (user === 0 || stat.uid === user);
  } catch {
    return false;
  }
}
