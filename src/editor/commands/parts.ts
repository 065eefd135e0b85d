/** The parts that command handlers work with. */
import type * as vscode from 'vscode';
import type { Example } from '../example.js';
import type { Engines } from '../link/engines.js';
import type { Explorer } from '../explorer/tree.js';
import type { ExperimentFiles } from '../files.js';
import type { FoundLogs } from '../logs/foundLogs.js';
import type { LogTerminals } from '../log/terminals.js';
import type { Panels } from '../panel/panels.js';
import type { Places } from '../places.js';

export interface Parts {
  engines: Engines;
  explorer: Explorer;
  files: ExperimentFiles;
  panels: Panels;
  places: Places;
  logs: LogTerminals;
  foundLogs: FoundLogs;
  example: Example;
  log: vscode.LogOutputChannel;
  extensionUri: vscode.Uri;
}
