/** Offers the tools over the Model Context Protocol, on standard input and output. */
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { CallToolRequestSchema, ListToolsRequestSchema, type CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import { EngineError } from '../../engine/clients/index.js';
import { AGENT_NAME_LENGTH } from '../../protocol/engine/agents.js';
import { replaceUnsafe } from '../../protocol/values/shownText.js';
import {
  callTool,
  inputSchema,
  questionOf,
  ToolError,
  TOOLS,
  toolNamed,
  type Act,
  type Bench,
} from '../../tools/index.js';
import { INSTRUCTIONS } from '../../tools/texts.js';

/** A person may be away for a while. */
const ANSWER_MS = 10 * 60_000;

/** Serves one agent. Resolves when the agent has closed its end of the transport. */
export async function serveMcp(bench: Bench, transport: Transport, version: string): Promise<void> {
  const server = new Server(
    { name: 'tunesmith', version },
    { capabilities: { tools: {} }, instructions: INSTRUCTIONS },
  );
  const agent = (): string => (server.getClientVersion()?.name ?? '').slice(0, AGENT_NAME_LENGTH) || 'an agent';

  server.setRequestHandler(ListToolsRequestSchema, () => ({
    tools: TOOLS.map((tool) => ({
      name: tool.name,
      title: tool.title,
      description: tool.description,
      inputSchema: inputSchema(tool),
      annotations: { title: tool.title, readOnlyHint: !tool.acts, destructiveHint: tool.acts, openWorldHint: false },
    })),
  }));

  server.setRequestHandler(CallToolRequestSchema, async ({ params }, { signal }): Promise<CallToolResult> => {
    const ask = async (act: Act): Promise<'yes' | 'no' | 'unable'> => {
      if (!server.getClientCapabilities()?.elicitation) return 'unable';
      const { action } = await server.elicitInput(
        { message: questionOf(act, agent()), requestedSchema: { type: 'object', properties: {} } },
        { timeout: ANSWER_MS, signal },
      );
      return action === 'accept' ? 'yes' : 'no';
    };
    try {
      const host = { agent: agent(), isTrusted: null, ask };
      return text(await callTool(toolNamed(params.name), params.arguments, bench, host, { signal }));
    } catch (error) {
      return { ...text({ error: messageOf(error) }), isError: true };
    }
  });

  const closed = new Promise<void>((resolve) => (server.onclose = resolve));
  await server.connect(transport);
  await closed;
}

const text = (answer: object): CallToolResult => ({ content: [{ type: 'text', text: JSON.stringify(answer) }] });

/** Messages may contain names from a folder or a program. */
function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof ToolError) return message;
  const known = error instanceof EngineError ? message : `It failed: ${message}`;
  return replaceUnsafe(known).slice(0, 2000);
}
