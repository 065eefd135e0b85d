/** The agent that has Tunesmith's tools, over the Model Context Protocol. */
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { mean, type Outcome } from './shellAgent.js';
import { FRESH, type Values } from './tasks.js';

interface Recommended {
  recommended: { params: Values }[];
}
interface Waited {
  done: boolean;
  run?: { objective: { value: number } | null };
}

export class ToolAgent {
  private acts = 0;
  private read = 0;
  private readonly client = new Client({ name: 'bench-agent', version: '1.0.0' });

  /** `command`: argument vector of the command line. */
  async connect(command: readonly string[], folder: string, env: Record<string, string>): Promise<void> {
    const [program, ...args] = command as [string, ...string[]];
    await this.client.connect(
      new StdioClientTransport({ command: program, args: [...args, 'mcp'], cwd: folder, env, stderr: 'ignore' }),
    );
  }

  async tune(file: string): Promise<Outcome> {
    const start = performance.now();
    this.acts = this.read = 0;
    const { search } = await this.call<{ search: { id: string } }>('start_search', { file });
    await this.end(search.id);
    const { recommended } = await this.call<Recommended>('recommend_values', { search: search.id });
    const { params } = recommended[0]!;
    await this.call('write_values', { file, params });
    // The file has the values now. Runs wait for each other where the machine has no room.
    const runs: string[] = [];
    for (const seed of FRESH) runs.push((await this.call<{ run: { id: string } }>('start_run', { file, seed })).run.id);
    const losses: number[] = [];
    for (const id of runs) losses.push((await this.end(id)).run?.objective?.value ?? Infinity);
    return { acts: this.acts, read: this.read, seconds: (performance.now() - start) / 1000, loss: mean(losses) };
  }

  close(): Promise<void> {
    return this.client.close();
  }

  private async end(id: string): Promise<Waited> {
    for (;;) {
      const waited = await this.call<Waited>('wait_for', { id, timeout_s: 600 });
      if (waited.done) return waited;
    }
  }

  private async call<T>(name: string, input: object): Promise<T> {
    this.acts++;
    const { content, isError } = await this.client.callTool({ name, arguments: { ...input } }, undefined, {
      timeout: 700_000,
    });
    const { text } = (content as { text: string }[])[0]!;
    this.read += text.length;
    if (isError) throw new Error(`${name}: ${text}`);
    return JSON.parse(text) as T;
  }
}
