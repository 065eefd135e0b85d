/** The extension: builds the parts, hands each what it needs, nothing else. */
import * as vscode from 'vscode';
import { allHandlers } from './editor/commands/handlers.js';
import { registerCommands } from './editor/commands/registry.js';
import { Conditions } from './editor/conditions.js';
import { Explorer } from './editor/explorer/tree.js';
import { Example } from './editor/example.js';
import { ExperimentFiles } from './editor/files.js';
import { translate } from './editor/translations.js';
import { useTranslations } from './format/l10n.js';
import { useLocale } from './format/locale.js';
import { BestHints } from './editor/language/bestHints.js';
import { Diagnostics } from './editor/language/diagnostics.js';
import { Documents } from './editor/language/documents.js';
import { FileStates } from './editor/language/fileStates.js';
import { Marks } from './editor/language/marks.js';
import { LanguageHelp } from './editor/language/help.js';
import { Lenses } from './editor/language/lenses.js';
import { Engines } from './editor/link/engines.js';
import { FoundLogs } from './editor/logs/foundLogs.js';
import { LogTerminals } from './editor/log/terminals.js';
import { commandId } from './editor/manifest/commands.js';
import { CONTEXT } from './editor/manifest/ids.js';
import { NotebookRenderer } from './editor/notebook/renderer.js';
import { Notifications } from './editor/notifications.js';
import { Forms } from './editor/panel/forms.js';
import { Panels } from './editor/panel/panels.js';
import { Places } from './editor/places.js';
import { RenamedFiles } from './editor/renamedFiles.js';
import { ReportLanguage } from './editor/reports/completion.js';
import { ReportEditors } from './editor/reports/reportEditor.js';
import { ScriptLenses } from './editor/scripts/scriptLenses.js';
import { StatusBar } from './editor/statusBar.js';
import { EditorBench } from './editor/tools/bench.js';
import { Budgets } from './editor/tools/budgets.js';
import { McpServers } from './editor/tools/mcpServer.js';
import { AgentTools } from './editor/tools/tools.js';

/** The API for other extensions and for tests. */
export interface TunesmithApi {
  readonly engines: Engines;
  readonly explorer: Explorer;
  readonly foundLogs: FoundLogs;
  readonly mcpServers: McpServers;
  readonly panels: Panels;
}

export function activate(context: vscode.ExtensionContext): TunesmithApi {
  const { extensionUri, subscriptions, workspaceState } = context;
  const own = <T extends vscode.Disposable>(part: T): T => {
    subscriptions.push(part);
    return part;
  };
  useTranslations(translate);
  useLocale(vscode.env.language);

  const log = own(vscode.window.createOutputChannel('Tunesmith', { log: true }));
  const { version } = context.extension.packageJSON as { version: string };
  const distFolder = vscode.Uri.joinPath(extensionUri, 'dist').fsPath;

  const engines = own(new Engines({ version, distFolder, log }));
  const files = own(new ExperimentFiles(engines));
  const documents = new Documents();
  const states = own(new FileStates(engines, documents));
  const foundLogs = own(new FoundLogs(engines, distFolder, log));
  const explorer = own(new Explorer(engines, foundLogs));
  const places = own(new Places(workspaceState));
  const forms = new Forms(files, places);
  const panels = own(
    new Panels({ extensionUri, engines, files, forms, places, foundLogs, memento: workspaceState, log }),
  );
  own(new RenamedFiles(engines, files, workspaceState, log));
  own(new ReportEditors({ extensionUri, engines, foundLogs, log }));
  own(new ReportLanguage(engines, distFolder));
  const logs = own(new LogTerminals());
  own(new Diagnostics(documents, log));
  own(new Lenses(documents, states, places));
  own(new BestHints(documents, states));
  own(new Marks(documents, states, extensionUri, log));
  own(new ScriptLenses(engines, states, places));
  own(new LanguageHelp(states, documents, distFolder));
  own(new StatusBar(engines));
  own(new Notifications(engines));
  own(new NotebookRenderer(log));
  own(new Conditions(engines));
  own(new Budgets(engines));
  const mcpServers = own(new McpServers(distFolder, version));
  own(new AgentTools(new EditorBench(engines, files)));

  const example = own(new Example(extensionUri, context.globalState, log));
  const parts = { engines, explorer, files, panels, places, logs, foundLogs, example, log, extensionUri };
  own(registerCommands(async () => allHandlers(parts), log));
  void vscode.commands.executeCommand('setContext', CONTEXT.ready, true);
  // `npm start` begins with the charts on the screen.
  if (process.env.TUNESMITH_OPEN_PANEL === '1') void vscode.commands.executeCommand(commandId('panel.open'));
  return { engines, explorer, foundLogs, mcpServers, panels };
}

/** Training goes on without us: engines are left alone. */
export function deactivate(): void {}
