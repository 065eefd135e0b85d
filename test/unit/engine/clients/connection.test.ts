import { spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { expect, it } from 'vitest';
import { openSocket, SocketConnection } from '../../../../src/engine/clients/connection.js';

it.skipIf(process.platform === 'win32')('a request that an engine which has just ended never got says so', async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'gone-'));
  const address = path.join(folder, 'engine.sock');
  const program = `require('net').createServer((socket) => socket.destroy()).listen(process.argv[1], () => console.log('ready'))`;
  const ending = spawn(process.execPath, ['-e', program, address], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    await once(ending.stdout, 'data');
    const socket = await openSocket(address, 5000);
    // The other side closes before we look again: what we write then fails, and no event has told us yet.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
    const connection = new SocketConnection(socket);
    const asked = connection.request('engine/status', {});
    await expect(asked).rejects.toMatchObject({ kind: 'closed', message: 'The connection to the engine has ended.' });
  } finally {
    ending.kill();
    fs.rmSync(folder, { recursive: true });
  }
});
