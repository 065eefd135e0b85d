/** A workspace with the real command line, engine and supervisor, from bundles built for the purpose. */
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { buildDist } from '../support/build.js';

const root = path.resolve(import.meta.dirname, '../../..');
const local = path.join(root, 'node_modules/.bin/node');
const node = existsSync(local) ? local : process.execPath;

export interface Result {
  code: number | null;
  out: string;
  err: string;
}

export class Workspace {
  private constructor(
    private readonly base: string,
    readonly folder: string,
  ) {}

  static async open(files: Record<string, string>): Promise<Workspace> {
    const base = realpathSync(mkdtempSync(path.join(tmpdir(), 'cli values ')));
    const workspace = new Workspace(base, path.join(base, 'work space'));
    mkdirSync(workspace.folder);
    for (const [name, text] of Object.entries(files)) workspace.write(name, text);
    cpSync(await buildDist(), path.join(base, 'dist'), { recursive: true });
    return workspace;
  }

  /** Arguments that start the command line. */
  get command(): string[] {
    return [node, path.join(this.base, 'dist', 'cli.cjs')];
  }

  /** The home of Tunesmith that it uses. */
  get home(): string {
    return path.join(this.base, 'home');
  }

  write(name: string, text: string): void {
    writeFileSync(path.join(this.folder, name), text);
  }

  /** The test's environment with a Tunesmith home of its own and these variables; undefined ones are removed. */
  environment(variables: Record<string, string | undefined> = {}): Record<string, string> {
    const own = {
      NO_COLOR: '1',
      TUNESMITH_HOME: this.home,
      TUNESMITH_PYTHON_DIR: path.join(root, 'python'),
    };
    const all = Object.entries({ ...process.env, ...own, ...variables });
    return Object.fromEntries(all.filter((each): each is [string, string] => each[1] !== undefined));
  }

  /** Runs the command line in an environment of its own: variables laid over the test's, undefined ones removed. */
  tunesmith(args: string[], variables: Record<string, string | undefined> = {}): Promise<Result> {
    const env = this.environment(variables);
    const child = spawn(this.command[0]!, [...this.command.slice(1), ...args], { cwd: this.folder, env });
    let [out, err] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
    return new Promise((resolve) => child.on('close', (code) => resolve({ code, out, err })));
  }

  async dispose(): Promise<void> {
    await this.tunesmith(['engine', 'stop', '--force']);
    rmSync(this.base, { recursive: true, force: true, maxRetries: 5 });
  }
}
