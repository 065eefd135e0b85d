/** Offers the tools for agents in the editor, and asks the person before one of them acts. */
import * as vscode from 'vscode';
import type { Act, ActingTool, Bench } from '../../tools/index.js';
import { TOOL_NAMES, type ToolName } from '../../tools/names.js';
import { Disposables, type Disposable } from '../events.js';
import { escapeMarkdown } from '../format.js';
import { l10n } from '../l10n.js';
import { editorName } from './name.js';

/** The tools themselves; loaded when the first one is used. */
const loadTools = () => import('../../tools/index.js');

export class AgentTools implements Disposable {
  private readonly all = new Disposables();

  constructor(private readonly bench: Bench) {
    for (const name of TOOL_NAMES) this.all.add(vscode.lm.registerTool(editorName(name), this.tool(name)));
  }

  dispose(): void {
    this.all.dispose();
  }

  private tool(name: ToolName): vscode.LanguageModelTool<object> {
    return {
      prepareInvocation: async ({ input }) => {
        const { readInput, toolNamed } = await loadTools();
        const tool = toolNamed(name);
        if (!tool.acts) return { invocationMessage: tool.title };
        const act = await tool.plan(readInput(tool, input), this.bench);
        return { invocationMessage: act.what, confirmationMessages: { title: act.what, message: messageOf(act) } };
      },
      invoke: async ({ input }, token) => {
        const { read, readInput, toolNamed } = await loadTools();
        const tool = toolNamed(name);
        const answer = tool.acts
          ? await this.act(tool, readInput(tool, input))
          : await whileWanted(token, (signal) => read(tool, input, this.bench, { signal }));
        return new vscode.LanguageModelToolResult([new vscode.LanguageModelTextPart(JSON.stringify(answer))]);
      },
    };
  }

  private async act(tool: ActingTool, input: unknown): Promise<object> {
    if (!vscode.workspace.isTrusted) throw new Error(l10n.t('This workspace is not trusted, so nothing of it is run.'));
    const act = await tool.plan(input, this.bench);
    return act.perform();
  }
}

/** The editor shows it as Markdown: names and values in there stay text. */
function messageOf({ facts }: Act): vscode.MarkdownString {
  return new vscode.MarkdownString(
    facts.map(([name, value]) => `**${escapeMarkdown(name)}:** ${escapeMarkdown(value)}`).join('\n\n'),
  );
}

async function whileWanted<T>(token: vscode.CancellationToken, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const abort = new AbortController();
  const listener = token.onCancellationRequested(() => abort.abort());
  try {
    return await work(abort.signal);
  } finally {
    listener.dispose();
  }
}
