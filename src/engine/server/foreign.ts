/** Refuses to run again what the person has never asked to be run on this machine: its command is the folder's. */
import { ErrorCode, type Run, type Search } from '../../protocol/engine.js';
import type { RunFolders } from '../runs/folders.js';
import type { SearchFolders } from '../searches/folders.js';
import { RequestError } from './requestError.js';

const ADVICE =
  'Run it only if you trust where the folder comes from: with --trust, or from its experiment file with tunesmith run FILE.';

export function refuseForeignRun(folders: RunFolders, { id, name }: Run): void {
  if (folders.isAsked(id) === 'yes') return;
  const argv = folders.spec(id)?.argv ?? [];
  const command = argv.length > 0 ? ` Its command is: ${JSON.stringify(argv)}.` : '';
  throw new RequestError(
    ErrorCode.foreign,
    `You have not started the run ${name} on this machine; it came with its folder.${command} ${ADVICE}`,
  );
}

export function refuseForeignSearch(folders: SearchFolders, { id, name }: Search): void {
  if (folders.isAsked(id) === 'yes') return;
  throw new RequestError(
    ErrorCode.foreign,
    `You have not started the search ${name} on this machine; it came with its folder, and so does the program that it runs. ${ADVICE}`,
  );
}
