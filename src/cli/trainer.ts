/** Asks the trainer something in a separate process, and shows its progress. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import * as readline from 'node:readline';
import type { AskAuto } from '../automatic/finish.js';
import { findNode } from '../engine/clients/index.js';
import { AutoLine } from '../protocol/trainer/automatic.js';
import type { Context } from './context.js';
import { CommandError } from './errors.js';
import { LiveArea } from './text/liveArea.js';
import { bar, safe, safeLine } from './text/terminal.js';
import { l10n } from '../format/l10n.js';
import { errorText } from '../format/said.js';
import type { Said } from '../protocol/said.js';

type Line =
  | { type: 'progress'; fraction: number | null; text: string }
  | { type: 'error'; message: string; said?: Said | undefined }
  | { type: string };
type Answer<L> = Exclude<L, { type: 'progress' | 'error' }>;

/** Resolves to the last line that the trainer says; throws when that is an error. */
export async function askTrainer<L extends { type: string }>(
  context: Context,
  args: string[],
  title: string,
  schema: { parse(value: unknown): L },
): Promise<Answer<L>> {
  const node = await findNode(context.dist);
  const child = spawn(node.execPath, [path.join(context.dist, 'trainer.cjs'), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...node.env },
  });
  let stderr = '';
  child.stderr.on('data', (data: Buffer) => (stderr = (stderr + data.toString()).slice(-4000)));
  const area = new LiveArea(process.stderr);
  let said = '';
  let last: Line | null = null;
  const exited = new Promise<number | string>((resolve) => {
    child.on('error', (error) => resolve(error.message));
    child.on('close', (code, signal) => resolve(code ?? signal ?? 'unknown'));
  });
  for await (const text of readline.createInterface({ input: child.stdout })) {
    const parsed = parseLine(text, schema) as Line | null;
    if (!parsed) continue;
    last = parsed;
    if (!isProgress(parsed)) continue;
    const shown = safeLine(parsed.text);
    if (area.live) area.draw([`${title}  ${parsed.fraction === null ? '' : bar(parsed.fraction, 20)}  ${shown}`]);
    else if (kindOf(shown) !== said) context.say(`${title}: ${shown}`);
    said = kindOf(shown);
  }
  const code = await exited;
  area.clear();
  if (last && isError(last)) throw new CommandError(safe(errorText(last)));
  if (!last || isProgress(last))
    throw new CommandError(l10n.t('{0} ended with {1}.\n{2}', title, code, safe(stderr.trimEnd())));
  return last as unknown as Answer<L>;
}

const isProgress = (line: Line): line is Extract<Line, { fraction: unknown }> => line.type === 'progress';
const isError = (line: Line): line is Extract<Line, { message: unknown }> => line.type === 'error';

/** A log gets each new task, but not its frequent progress updates. */
const kindOf = (text: string): string => text.replace(/\d+([.,]\d+)?/g, '0');

/** Returns null for a line that is not an answer: native libraries print lines, too. */
function parseLine<L>(text: string, schema: { parse(value: unknown): L }): L | null {
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

/** The trainer gets its task in a private file: paths and sections may be longer than a command line. */
export function asking(context: Context): AskAuto {
  return async (task, title) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'tunesmith-auto-'));
    try {
      const file = path.join(folder, 'task.json');
      writeFileSync(file, JSON.stringify(task), { mode: 0o600 });
      return await askTrainer(context, ['--automatic', file], title, AutoLine);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  };
}
