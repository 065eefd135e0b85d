/** A run again under the real debugpy: a breakpoint is hit over the debug adapter protocol, and the run is recorded as any other. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer, connect, type Socket } from 'node:net';
import { homedir } from 'node:os';
import * as path from 'node:path';
import { describe, expect, it } from 'vitest';
import { debuggerArguments } from '../../../../src/protocol/run/debugging.js';
import { runOver, until, useWorkspace } from '../support.js';

const PROGRAM = `import tunesmith
run = tunesmith.init()
doubled = run.config.lr * 2
run.log({"loss": doubled})
`;

/** An interpreter that has debugpy: the person's own, or the one that the tests of PyTorch use. */
function withDebugpy(): string | undefined {
  const cache = process.env.TUNESMITH_KEPT_CACHE ?? process.env.TUNESMITH_CACHE;
  const kept = path.join(cache ?? path.join(homedir(), '.cache', 'tunesmith-dev'), 'python', 'torch-2.13.0');
  const names = [process.env.TUNESMITH_PYTHON, 'python3', path.join(kept, 'bin', 'python')];
  return names.find((name) => {
    if (!name || (path.isAbsolute(name) && !existsSync(name))) return false;
    return spawnSync(name, ['-c', 'import debugpy'], { timeout: 60_000 }).status === 0;
  });
}
const python = withDebugpy();

/** A client of the debug adapter protocol: messages with a header each, over a socket. */
class Adapter {
  private static readonly WAIT = 60_000;
  readonly messages: { type: string; event?: string; request_seq?: number; body?: Record<string, unknown> }[] = [];
  private data = Buffer.alloc(0);
  private seq = 0;

  constructor(private readonly socket: Socket) {
    socket.on('data', (bytes) => this.take(bytes));
  }

  send(command: string, args: object = {}): number {
    const text = JSON.stringify({ seq: ++this.seq, type: 'request', command, arguments: args });
    this.socket.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
    return this.seq;
  }

  event = (name: string) =>
    until(`the event ${name}`, () => this.messages.find(({ event }) => event === name), Adapter.WAIT);

  async request(command: string, args: object = {}): Promise<Record<string, unknown>> {
    const seq = this.send(command, args);
    const answer = () => this.messages.find(({ type, request_seq }) => type === 'response' && request_seq === seq);
    return (await until(`an answer to ${command}`, answer, Adapter.WAIT)).body ?? {};
  }

  private take(bytes: Buffer): void {
    this.data = Buffer.concat([this.data, bytes]);
    for (;;) {
      const head = /^Content-Length: (\d+)\r\n\r\n/.exec(this.data.toString('latin1', 0, 100));
      const end = head ? head[0].length + Number(head[1]) : Infinity;
      if (this.data.length < end) return;
      this.messages.push(JSON.parse(this.data.toString('utf8', head![0].length, end)) as never);
      this.data = this.data.subarray(end);
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const workspace = useWorkspace();

describe.skipIf(!python)('a Python run under debugpy', () => {
  it('stops at a breakpoint with its parameters, and is recorded', async () => {
    const script = workspace().write('debugged.py', PROGRAM);
    const command = JSON.stringify([python, 'debugged.py']);
    const file = workspace().write('debugged.tune.yaml', `run: ${command}\nparams: { lr: 0.25 }\n`);
    const engine = await workspace().connect();
    const { run: first } = await engine.request('runs/start', { file });
    expect((await runOver(engine, first.id)).status).toBe('completed');

    const port = await freePort();
    const args = debuggerArguments('python', port);
    const { run } = await engine.request('runs/rerun', { id: first.id, debug: { args } });
    // Nothing else connects: the first connection is the debugger's client.
    const socket = await until(
      'debugpy to listen',
      () =>
        new Promise<Socket | null>((resolve) => {
          const tried = connect(port, '127.0.0.1', () => resolve(tried));
          tried.once('error', () => resolve(null));
        }),
      60_000,
    );
    try {
      const adapter = new Adapter(socket);
      await adapter.request('initialize', { adapterID: 'test', pathFormat: 'path', linesStartAt1: true });
      adapter.send('attach', { justMyCode: true });
      await adapter.event('initialized');
      const { breakpoints } = await adapter.request('setBreakpoints', {
        ...{ source: { path: script }, breakpoints: [{ line: 4 }] },
      });
      expect(breakpoints).toMatchObject([{ verified: true }]);
      adapter.send('configurationDone');
      const { threadId, reason } = (await adapter.event('stopped')).body!;
      expect(reason).toBe('breakpoint');
      const { stackFrames } = await adapter.request('stackTrace', { threadId });
      const [frame] = stackFrames as { id: number; line: number }[];
      expect(frame!.line).toBe(4);
      expect(await adapter.request('evaluate', { expression: 'doubled', frameId: frame!.id })).toMatchObject({
        result: '0.5',
      });
      adapter.send('continue', { threadId });
      const over = await runOver(engine, run.id);
      expect([over.status, over.params, over.metrics['loss']?.last]).toEqual(['completed', { lr: 0.25 }, 0.5]);
      // The command that is shown, and that another rerun takes, has no debugger in it.
      expect((await engine.request('runs/get', { id: run.id })).command).not.toContain('--wait-for-client');
    } finally {
      socket.destroy();
    }
  }, 180_000);
});
