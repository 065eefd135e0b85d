import { ErrorCodes } from 'vscode-jsonrpc/node';
import { ErrorCode, type FileProblem } from '../../protocol/engine.js';

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

export function notFound(what: string, id: string): RequestError {
  return new RequestError(ErrorCode.notFound, `There is no ${what} ${id}.`);
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
  return new RequestError(ErrorCode.invalidFile, where || 'The file has errors.', problems);
}
