/**
 * Asks the person before a program runs that came with its folder: the engine refuses it, and runs it once the person
 * has seen the command and agreed. Independent of the editor, so that it can be tested.
 */
import { EngineError } from '../../engine/clients/index.js';
import { ErrorCode, ForeignRefusal, SendRefusal } from '../../protocol/engine/index.js';
import type { RequestName, RequestParams, RequestResult } from '../../protocol/engine/index.js';
import { escapeUnsafe } from '../../protocol/values/shownText.js';
import { l10n } from '../../format/l10n.js';
import { formatBytes } from '../../format/numbers.js';

export interface Question {
  message: string;
  detail: string;
  /** Text of the button that means yes. */
  yes: string;
}
type Ask = <N extends RequestName>(name: N, params: RequestParams<N>) => Promise<RequestResult<N>>;

/** The person refused. */
export class NotTrustedError extends Error {
  override name = 'NotTrustedError';
}

/**
 * Sends the request; if it is refused as foreign, asks with `confirm` and sends it again with the person's consent.
 * Several runs are confirmed one by one, each with its own command. Rejects with NotTrustedError if the person refuses.
 */
export async function withTrust<N extends RequestName>(
  ask: Ask,
  name: N,
  params: RequestParams<N>,
  confirm: (question: Question) => Promise<boolean>,
): Promise<RequestResult<N>> {
  try {
    return await ask(name, params);
  } catch (error) {
    const sending = sendRefusal(error);
    if (sending) {
      if (!(await confirm(sendQuestion(sending)))) throw new NotTrustedError(l10n.t('Nothing was sent.'));
      return ask(name, { ...params, send: sending.digest });
    }
    const refusal = foreign(error);
    if (!refusal) throw error;
    const { ids } = params as { ids?: string[] };
    if (ids && ids.length > 1) return (await oneByOne(ask, name, params, ids, confirm)) as RequestResult<N>;
    if (!(await confirm(questionOf(refusal)))) throw new NotTrustedError(l10n.t('Nothing was run.'));
    // It may still have to be sent to another host.
    return withTrust(ask, name, { ...params, trust: true }, confirm);
  }
}

type Done = RequestResult<'runs/resume'>;

async function oneByOne<N extends RequestName>(
  ask: Ask,
  name: N,
  params: RequestParams<N>,
  ids: string[],
  confirm: (question: Question) => Promise<boolean>,
): Promise<Done> {
  const all: Done = { done: [], skipped: [] };
  for (const id of ids) {
    try {
      const { done, skipped } = (await withTrust(ask, name, { ...params, ids: [id] }, confirm)) as Done;
      all.done.push(...done);
      all.skipped.push(...skipped);
    } catch (error) {
      if (!(error instanceof NotTrustedError)) throw error;
      all.skipped.push({ id, why: l10n.t('was not run, as you chose') });
    }
  }
  return all;
}

function foreign(error: unknown): ForeignRefusal | null {
  if (!(error instanceof EngineError) || error.code !== ErrorCode.foreign) return null;
  return ForeignRefusal.safeParse(error.data).data ?? null;
}

function questionOf({ kind, name, command, folder }: ForeignRefusal): Question {
  const message =
    kind === 'run'
      ? l10n.t(
          'The run {0} came with its folder: you have not started it on this machine. Run its command here?',
          shown(name),
        )
      : l10n.t(
          'The search {0} came with its folder: you have not started it on this machine. Run its command here?',
          shown(name),
        );
  const detail = [l10n.t('Command: {0}', shown(command)), l10n.t('Folder: {0}', shown(folder))].join('\n\n');
  return { message, detail, yes: l10n.t('Run It Here') };
}

function sendRefusal(error: unknown): SendRefusal | null {
  if (!(error instanceof EngineError) || error.code !== ErrorCode.send) return null;
  return SendRefusal.safeParse(error.data).data ?? null;
}

/** Number of files that a question lists; the largest come first. */
const LISTED = 12;

function sendQuestion({ host, folder, count, bytes, fresh, files, leftOut, byGit }: SendRefusal): Question {
  const message =
    fresh === null
      ? l10n.t('Send {0} files ({1}) of this folder to {2} and run there?', count, formatBytes(bytes), shown(host))
      : l10n.t('Send {0} new files of this folder to {1} and run there?', fresh, shown(host));
  const listed = files.slice(0, LISTED).map(({ path, size }) => `${shown(path)} (${formatBytes(size)})`);
  const more = (fresh ?? count) - listed.length;
  const lines = [...listed, ...(more > 0 ? [l10n.t('… and {0} more', more)] : [])];
  const notes = [
    l10n.t('Folder: {0}', shown(folder)),
    ...(leftOut.length > 0
      ? [l10n.t('Never sent, because they may hold secrets: {0}', leftOut.slice(0, LISTED).map(shown).join(', '))]
      : []),
    ...(byGit
      ? []
      : [l10n.t('This folder is not a git repository, so nothing but environments and caches is left out.')]),
  ];
  return { message, detail: [lines.join('\n'), ...notes].join('\n\n'), yes: l10n.t('Send and Run') };
}

/** On one line, without characters that hide or reorder text. */
const shown = (text: string): string => escapeUnsafe(text).replaceAll('\n', '\\n').replaceAll('\t', '\\t');
