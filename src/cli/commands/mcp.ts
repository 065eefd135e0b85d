import { EngineLink } from '../../engine/clients/index.js';
import type { Command } from '../command.js';

export const mcp: Command = {
  name: 'mcp',
  usage: '',
  summary: 'Serves the tools for agents over the Model Context Protocol, on standard input and output.',
  details:
    'An agent starts it: put `tunesmith mcp` into its settings (docs/agents.md has the lines for the usual ones). Reading is always allowed. Actions ask you first if the agent can ask; otherwise they need a budget: tunesmith allow.',
  options: {},
  examples: [
    ['tunesmith mcp', 'for the folder in which the agent starts it'],
    ['tunesmith mcp --workspace ~/digits', 'for this folder'],
  ],
  args: [0, 0],
  async run(context) {
    const { folderBench } = await import('../mcp/bench.js');
    const { serveMcp } = await import('../mcp/server.js');
    const { StdioServerTransport } = await import('@modelcontextprotocol/sdk/server/stdio.js');
    const { workspace, version, dist } = context;
    const link = new EngineLink({ workspace, client: 'mcp', version, distFolder: dist });
    const transport = new StdioServerTransport();
    // The transport does not notice that its input has ended.
    process.stdin.once('end', () => void transport.close());
    try {
      await serveMcp(folderBench(workspace, link), transport, version);
    } finally {
      link.dispose();
    }
    return 0;
  },
};
