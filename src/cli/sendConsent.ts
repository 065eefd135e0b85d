/** Asks the person before files of the workspace are sent to another host, and shows which ones. */
import * as readline from 'node:readline/promises';
import { EngineError } from '../engine/clients/index.js';
import { formatBytes } from '../format/numbers.js';
import { ErrorCode, SendRefusal } from '../protocol/engine/index.js';
import type { Option } from './command.js';
import type { Context } from './context.js';
import { CommandError } from './errors.js';
import { safeLine } from './text/terminal.js';
import { l10n } from '../format/l10n.js';

/** Number of files that are listed; the largest come first. */
const LISTED = 30;

export const YES_OPTION = {
  type: 'boolean',
  short: 'y',
  help: l10n.t('With `on: ssh`: send the listed files to the host without asking.'),
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
      throw new CommandError(
        l10n.t('Nothing was sent and nothing was started. --yes sends these files without asking.'),
      );
    return request({ send: refusal.digest });
  }
}

function refusalOf(error: unknown): SendRefusal | null {
  if (!(error instanceof EngineError) || error.code !== ErrorCode.send) return null;
  return SendRefusal.safeParse(error.data).data ?? null;
}

export function linesOf(refusal: SendRefusal): string[] {
  const { host, port, folder, count, bytes, fresh, files, leftOut, byGit } = refusal;
  const where = `${host}${port === null ? '' : ` ${l10n.t('(port {0})', port)}`}, folder ${folder}`;
  const shown = files.slice(0, LISTED);
  const of = fresh ?? count;
  const what = fresh === null ? l10n.t('{0} files, {1}', count, formatBytes(bytes)) : l10n.t('{0} new files', fresh);
  return [
    l10n.t('{0} would be sent to {1}:', what, safeLine(where)),
    ...shown.map(({ path, size }) => `  ${formatBytes(size).padStart(9)}  ${safeLine(path)}`),
    ...(of > shown.length ? [`  ${l10n.t('… and {0} more', of - shown.length)}`] : []),
    ...(leftOut.length > 0
      ? [
          l10n.t(
            'Never sent, because they may hold secrets: {0}{1}',
            leftOut.slice(0, 10).map(safeLine).join(', '),
            leftOut.length > 10 ? ', …' : '',
          ),
        ]
      : []),
    ...(byGit
      ? []
      : [l10n.t('This folder is not a git repository, so nothing but environments and caches is left out.')]),
  ];
}

async function agrees(): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return false;
  const asking = readline.createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await asking.question(`${l10n.t('Send them? [y/N]')} `)).trim());
  } finally {
    asking.close();
  }
}
