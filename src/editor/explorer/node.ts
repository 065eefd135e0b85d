/** An element of the explorer's tree. */
import type { Experiment, Run, Search } from '../../protocol/engine/index.js';
import type { FolderEngine } from '../link/folderEngine.js';
import type { ShownLog } from '../logs/logViewer.js';
import type { ListKey } from '../model/runList.js';

export type Node =
  | { kind: 'folder'; folder: FolderEngine }
  | { kind: 'experiment'; folder: FolderEngine; experiment: Experiment }
  | { kind: 'search'; folder: FolderEngine; search: Search }
  /** `below`: the pipeline's run below which the stage's run is shown. */
  | { kind: 'run'; folder: FolderEngine; run: Run; below?: string }
  | { kind: 'logs'; folder: FolderEngine }
  | { kind: 'logGroup'; folder: FolderEngine; title: string; experiment: string; logs: readonly ShownLog[] }
  | { kind: 'log'; folder: FolderEngine; log: ShownLog }
  | { kind: 'more'; folder: FolderEngine; list: ListKey; left: number };
