import { ErrorCodes } from 'vscode-jsonrpc/node';
import { ErrorCode, type FileProblem } from '../../protocol/engine/index.js';
import { l10n } from '../../format/l10n.js';

/** A request refused for a reason that the person can act on. Any other exception is an internal error. */
export class RequestError extends Error {
  constructor(
    readonly code: number,
    message: string,
    readonly data?: unknown,
  ) {
    super(message);
  }
}

export function notFound(what: Missing, id: string): RequestError {
  return new RequestError(ErrorCode.notFound, missing(what, id));
}

type Missing = 'run' | 'search' | 'stage' | 'experiment' | 'alert rule';

function missing(what: Missing, id: string): string {
  switch (what) {
    case 'run':
      return l10n.t('There is no run {0}.', id);
    case 'search':
      return l10n.t('There is no search {0}.', id);
    case 'stage':
      return l10n.t('There is no stage {0}.', id);
    case 'experiment':
      return l10n.t('There is no experiment {0}.', id);
    case 'alert rule':
      return l10n.t('There is no alert rule {0}.', id);
  }
}

/** An error for params that are invalid in any state. */
export function badRequest(message: string): RequestError {
  return new RequestError(ErrorCodes.InvalidParams, message);
}

export function conflict(message: string): RequestError {
  return new RequestError(ErrorCode.conflict, message);
}

export function invalidFile(problems: FileProblem[]): RequestError {
  const [first] = problems.filter((problem) => problem.severity === 'error');
  const where = first
    ? `${first.file}:${first.line}:${first.column}: ${first.message}${first.hint ? ` (${first.hint})` : ''}`
    : '';
  return new RequestError(ErrorCode.invalidFile, where || l10n.t('The file has errors.'), problems);
}
