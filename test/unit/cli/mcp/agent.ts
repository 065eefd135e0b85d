/** An agent outside of the editor: the SDK's own client, speaking to the real command line. */
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import type { Workspace } from '../workspace.js';

export class Agent {
  /** Questions that the person was asked. */
  readonly questions: string[] = [];
  private constructor(readonly client: Client) {}

  /** `answer` is what the person says to each question; null: the agent can't ask. */
  static async start(workspace: Workspace, answer: 'accept' | 'decline' | null): Promise<Agent> {
    const [command, ...args] = workspace.command as [string, ...string[]];
    const transport = new StdioClientTransport({
      ...{ command, args: [...args, 'mcp'], cwd: workspace.folder, stderr: 'inherit' },
      env: workspace.environment(),
    });
    const capabilities = answer === null ? {} : { elicitation: {} };
    const client = new Client({ name: 'test-agent', version: '1.0.0' }, { capabilities });
    const agent = new Agent(client);
    if (answer !== null) {
      client.setRequestHandler(ElicitRequestSchema, ({ params }) => {
        agent.questions.push(params.message);
        return answer === 'accept' ? { action: 'accept', content: {} } : { action: 'decline' };
      });
    }
    await client.connect(transport);
    return agent;
  }

  /** Calls a tool. Throws what the tool says when it refuses. */
  async call<T = Record<string, never>>(name: string, input: object = {}): Promise<T> {
    const { content, isError } = await this.client.callTool({ name, arguments: { ...input } }, undefined, {
      timeout: 120_000,
    });
    const answer = JSON.parse((content as { text: string }[])[0]!.text) as { error?: string };
    if (isError) throw new Error(answer.error);
    return answer as T;
  }

  close(): Promise<void> {
    return this.client.close();
  }
}
