/** Offers the tools for agents in the editor, and asks the person before one of them acts. */
import * as vscode from 'vscode';
import { AGENT_NAME_LENGTH } from '../../protocol/engine/agents.js';
import type { Act, Bench, Host } from '../../tools/index.js';
import { TOOL_NAMES, type ToolName } from '../../tools/names.js';
import { Disposables, type Disposable } from '../events.js';
import { escapeMarkdown } from '../format.js';
import { l10n } from '../../format/l10n.js';
import { editorName } from './name.js';

/** The tools themselves; loaded when the first one is used. */
const loadTools = () => import('../../tools/index.js');

export class AgentTools implements Disposable {
  private readonly all = new Disposables();
  /** Calls whose confirmation the editor shows: it invokes the tool only if the person agrees. */
  private readonly shown = new Set<string>();

  constructor(private readonly bench: Bench) {
    for (const name of TOOL_NAMES) this.all.add(vscode.lm.registerTool(editorName(name), this.tool(name)));
  }

  dispose(): void {
    this.all.dispose();
  }

  private tool(name: ToolName): vscode.LanguageModelTool<object> {
    return {
      prepareInvocation: ({ input }) => this.prepare(name, input),
      invoke: async ({ input }, token) => {
        const { callTool, toolNamed } = await loadTools();
        const host = this.host(keyOf(name, input));
        const answer = await whileWanted(token, (signal) =>
          callTool(toolNamed(name), input, this.bench, host, { signal }),
        );
        return new vscode.LanguageModelToolResult([new vscode.LanguageModelTextPart(JSON.stringify(answer))]);
      },
    };
  }

  private async prepare(name: ToolName, input: object): Promise<vscode.PreparedToolInvocation> {
    const { isCovered, readInput, toolNamed } = await loadTools();
    const tool = toolNamed(name);
    const key = keyOf(name, input);
    this.shown.delete(key);
    if (!tool.acts) return { invocationMessage: tool.title };
    const act = await tool.plan(readInput(tool, input), this.bench);
    if (await isCovered(act)) return { invocationMessage: act.what };
    this.shown.add(key);
    return { invocationMessage: act.what, confirmationMessages: { title: act.what, message: messageOf(act) } };
  }

  private host(key: string): Host {
    return {
      agent: vscode.env.appName.slice(0, AGENT_NAME_LENGTH),
      isTrusted: vscode.workspace.isTrusted,
      // Without a confirmation, nobody has seen the call's effect.
      ask: async (act) => (this.shown.delete(key) || (await askPerson(act)) ? 'yes' : 'no'),
    };
  }
}

const keyOf = (name: ToolName, input: object): string => `${name} ${JSON.stringify(input)}`;

/** The editor shows it as Markdown: names and values in there stay text. */
function messageOf({ facts }: Act): vscode.MarkdownString {
  return new vscode.MarkdownString(
    facts.map(([name, value]) => `**${escapeMarkdown(name)}:** ${escapeMarkdown(value)}`).join('\n\n'),
  );
}

async function askPerson(act: Act): Promise<boolean> {
  const { questionOf } = await loadTools();
  const [message, ...detail] = questionOf(act, l10n.t('An agent')).split('\n');
  const yes = l10n.t('Allow');
  const options = { modal: true, detail: detail.join('\n') };
  return (await vscode.window.showWarningMessage(message!, options, yes)) === yes;
}

async function whileWanted<T>(token: vscode.CancellationToken, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const abort = new AbortController();
  const listener = token.onCancellationRequested(() => abort.abort());
  if (token.isCancellationRequested) abort.abort();
  try {
    return await work(abort.signal);
  } finally {
    listener.dispose();
  }
}
