/** The answers of the engine, byte for byte, as a client in another language reads them. */
import * as fs from 'node:fs';
import * as net from 'node:net';
import { expect, it } from 'vitest';
import { PROTOCOL_VERSION, type EngineAddress } from '../../../src/protocol/engine/index.js';
import { until, useWorkspace } from './support.js';

const workspace = useWorkspace();

/** JSON-RPC over the engine's socket, written by hand. */
class RawClient {
  private received = Buffer.alloc(0);
  private readonly socket: net.Socket;
  closed = false;

  constructor(path: string) {
    this.socket = net.connect(path);
    this.socket.on('data', (bytes) => (this.received = Buffer.concat([this.received, bytes])));
    this.socket.on('error', () => undefined);
    this.socket.on('close', () => (this.closed = true));
  }

  send(body: string): void {
    this.socket.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  }

  /** Returns the next message, or null when the connection ends first. */
  async next(): Promise<unknown> {
    const whole = await until('an answer', () => this.take() ?? (this.closed ? 'closed' : null));
    return whole === 'closed' ? null : JSON.parse(whole);
  }

  private take(): string | null {
    const head = /^Content-Length: (\d+)\r\n\r\n/.exec(this.received.toString('latin1'));
    if (!head || this.received.length < head[0].length + Number(head[1])) return null;
    const end = head[0].length + Number(head[1]);
    const body = this.received.subarray(head[0].length, end).toString('utf8');
    this.received = this.received.subarray(end);
    return body;
  }

  end(): void {
    this.socket.destroy();
  }
}

it('an exchange', async () => {
  const here = workspace();
  await here.connect();
  const address = JSON.parse(fs.readFileSync(here.local.address, 'utf8')) as EngineAddress;
  const file = here.write('wrong.tune.yaml', 'run: python train.py --lr {lr}\n');
  const hello = { protocol: PROTOCOL_VERSION, version: '0.1.0', client: 'golden' };
  const conversations: [string, [method: string, params: unknown][]][] = [
    ['a wrong token', [['initialize', { ...hello, token: 'guess' }]]],
    ['a request before the token', [['runs/list', {}]]],
    [
      'a conversation',
      [
        ['initialize', { ...hello, token: address.token }],
        ['runs/list', {}],
        ['runs/list', { limit: 'many' }],
        ['runs/list', { order: 'newest' }],
        ['runs/get', { id: '../../etc' }],
        ['runs/get', { id: '01j8x2k4ab' }],
        ['runs/stop', { ids: ['01j8x2k4ab'] }],
        ['runs/start', { file }],
        ['runs/start', { file: `${file}.gone` }],
        ['searches/start', { file, text: 'run: ./train\n' }],
        ['searches/resume', { id: '01j8x2k4ab' }],
        ['runs/dance', {}],
      ],
    ],
  ];
  const lines: string[] = [];
  for (const [title, requests] of conversations) {
    lines.push(`── ${title}`);
    const client = new RawClient(address.socket);
    for (const [id, [method, params]] of requests.entries()) {
      const request = { jsonrpc: '2.0', id, method, params };
      lines.push(`> ${JSON.stringify(request)}`);
      client.send(JSON.stringify(request));
      const answer = await client.next();
      lines.push(answer === null ? '(the engine ends the connection)' : `< ${JSON.stringify(answer)}`);
      if (answer === null) break;
    }
    client.end();
  }
  const told = `${lines.join('\n')}\n`
    .replaceAll(JSON.stringify(address.token), '"TOKEN"')
    .replaceAll(here.folder, '/workspace')
    .replaceAll(/"pid":\d+/g, '"pid":1234')
    .replaceAll(/"engine":"[^"]*"/g, '"engine":"0.1.0"');
  await expect(told).toMatchFileSnapshot('golden/exchange.txt');
});
