/** Asks the person before files of the workspace are sent to another host, and shows which ones. */
import * as readline from 'node:readline/promises';
import { EngineError } from '../engine/clients/index.js';
import { formatBytes } from '../format/numbers.js';
import { ErrorCode, SendRefusal } from '../protocol/engine.js';
import type { Option } from './command.js';
import type { Context } from './context.js';
import { CommandError } from './errors.js';
import { safeLine } from './terminal.js';

/** Number of files that are listed; the largest come first. */
const LISTED = 30;

export const YES_OPTION = {
  type: 'boolean',
  short: 'y',
  help: 'With `on: ssh`: send the listed files to the host without asking.',
} as const satisfies Option;

/** Does the request, and once more with the person's consent if it is refused for want of it. Throws CommandError if they decline. */
export async function withSendConsent<T>(
  context: Context,
  yes: boolean,
  request: (consent: { send?: string }) => Promise<T>,
): Promise<T> {
  try {
    return await request({});
  } catch (error) {
    const refusal = refusalOf(error);
    if (!refusal) throw error;
    for (const line of linesOf(refusal)) context.say(line);
    if (!yes && !(await agrees()))
      throw new CommandError('Nothing was sent and nothing was started. --yes sends these files without asking.');
    return request({ send: refusal.digest });
  }
}

function refusalOf(error: unknown): SendRefusal | null {
  if (!(error instanceof EngineError) || error.code !== ErrorCode.send) return null;
  return SendRefusal.safeParse(error.data).data ?? null;
}

export function linesOf(refusal: SendRefusal): string[] {
  const { host, port, folder, count, bytes, fresh, files, leftOut, byGit } = refusal;
  const where = `${host}${port === null ? '' : ` (port ${port})`}, folder ${folder}`;
  const shown = files.slice(0, LISTED);
  const of = fresh ?? count;
  const what = fresh === null ? `${count} files, ${formatBytes(bytes)}` : `${fresh} new files`;
  return [
    `${what} would be sent to ${safeLine(where)}:`,
    ...shown.map(({ path, size }) => `  ${formatBytes(size).padStart(9)}  ${safeLine(path)}`),
    ...(of > shown.length ? [`  … and ${of - shown.length} more`] : []),
    ...(leftOut.length > 0
      ? [
          `Never sent, because they may hold secrets: ${leftOut.slice(0, 10).map(safeLine).join(', ')}${leftOut.length > 10 ? ', …' : ''}`,
        ]
      : []),
    ...(byGit ? [] : ['This folder is not a git repository, so nothing but environments and caches is left out.']),
  ];
}

async function agrees(): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return false;
  const asking = readline.createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await asking.question('Send them? [y/N] ')).trim());
  } finally {
    asking.close();
  }
}
