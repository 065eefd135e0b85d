/** Offers `tunesmith mcp` to the editor, for agents that take their tools from servers. */
import * as path from 'node:path';
import * as vscode from 'vscode';
import { Disposables, Emitter, type Disposable } from '../events.js';
import { MCP_PROVIDER } from '../manifest/ids.js';
import { affects, setting } from '../settings.js';

export class McpServers implements Disposable {
  private readonly all = new Disposables();
  private readonly changes = this.all.add(new Emitter<void>());

  constructor(
    private readonly distFolder: string,
    private readonly version: string,
  ) {
    // Editors that are built on an older VS Code don't have it.
    if (typeof vscode.lm.registerMcpServerDefinitionProvider !== 'function') return;
    this.all.add(
      vscode.lm.registerMcpServerDefinitionProvider(MCP_PROVIDER, {
        onDidChangeMcpServerDefinitions: this.changes.event,
        provideMcpServerDefinitions: () => this.servers(),
      }),
    );
    this.all.add(vscode.workspace.onDidChangeWorkspaceFolders(() => this.changes.fire()));
    this.all.add(vscode.workspace.onDidGrantWorkspaceTrust(() => this.changes.fire()));
    this.all.add(
      vscode.workspace.onDidChangeConfiguration((change) => affects(change, 'agents.mcpServer') && this.changes.fire()),
    );
  }

  /** One for each folder. None while the workspace is not trusted: nothing of it is started then. */
  servers(): vscode.McpStdioServerDefinition[] {
    if (!vscode.workspace.isTrusted || !setting('agents.mcpServer')) return [];
    const folders = (vscode.workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === 'file');
    return folders.map(({ name, uri }) => {
      const label = folders.length === 1 ? 'Tunesmith' : `Tunesmith (${name})`;
      const args = [path.join(this.distFolder, 'cli.cjs'), 'mcp', '--workspace', uri.fsPath];
      // The editor's own runtime, running as Node.
      const env = { ELECTRON_RUN_AS_NODE: '1' };
      const server = new vscode.McpStdioServerDefinition(label, process.execPath, args, env, this.version);
      server.cwd = uri;
      return server;
    });
  }

  dispose(): void {
    this.all.dispose();
  }
}
