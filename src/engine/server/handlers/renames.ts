import * as fs from 'node:fs';
import type { RequestName } from '../../../protocol/engine/index.js';
import type { FileFollower } from '../../renames/follower.js';
import { conflict } from '../requestError.js';
import type { Handler, Handlers } from '../server.js';
import { l10n } from '../../../format/l10n.js';

export function renameHandlers(follower: FileFollower) {
  return {
    'files/rename': ({ from, to }) => {
      if (fs.statSync(from, { throwIfNoEntry: false })?.isFile())
        throw conflict(l10n.t('{0} still exists, so its runs stay with it.', from));
      return { runs: follower.rename(from, to) };
    },
    'files/origin': async ({ file }) => {
      await follower.ensure(file);
      const { candidates } = await follower.origin(file);
      return { candidates: candidates.map(({ file: lost, experiment, runs }) => ({ file: lost, experiment, runs })) };
    },
  } satisfies Partial<Handlers>;
}

/** Requests that name a file whose earlier runs count. */
const BY_FILE: readonly RequestName[] = ['best/of', 'runs/list', 'searches/list', 'runs/start', 'searches/start'];

/** Follows a renamed file before a request about it is answered. */
export function followFiles(handlers: Handlers, follower: Pick<FileFollower, 'ensure'>): Handlers {
  const following = { ...handlers } as Record<string, Handler<RequestName>>;
  for (const name of BY_FILE) {
    const handle = following[name]!;
    following[name] = async (params, client) => {
      const { file } = params as { file?: string };
      if (file !== undefined) await follower.ensure(file);
      return handle(params, client);
    };
  }
  return following as unknown as Handlers;
}
