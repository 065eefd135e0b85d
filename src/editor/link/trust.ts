/**
 * Asks the person before a program runs that came with its folder: the engine refuses it, and runs it once the person
 * has seen the command and agreed. Independent of the editor, so that it can be tested.
 */
import { EngineError } from '../../engine/clients/index.js';
import { ErrorCode, ForeignRefusal } from '../../protocol/engine.js';
import type { RequestName, RequestParams, RequestResult } from '../../protocol/engine.js';
import { escapeUnsafe } from '../../protocol/shownText.js';
import { l10n } from '../../format/l10n.js';

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
    const refusal = foreign(error);
    if (!refusal) throw error;
    const { ids } = params as { ids?: string[] };
    if (ids && ids.length > 1) return (await oneByOne(ask, name, params, ids, confirm)) as RequestResult<N>;
    if (!(await confirm(questionOf(refusal)))) throw new NotTrustedError(l10n.t('Nothing was run.'));
    return ask(name, { ...params, trust: true });
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

/** On one line, without characters that hide or reorder text. */
const shown = (text: string): string => escapeUnsafe(text).replaceAll('\n', '\\n').replaceAll('\t', '\\t');
