/** The lines between an engine, a supervisor and a program, byte for byte, as a client in another language reads them. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, expect, it } from 'vitest';
import { address, attach, bundle, cleanUp, newFolder, output, startRun, until, type Link } from './support.js';

let bundles: string;
beforeAll(async () => {
  bundles = newFolder();
  await bundle(bundles, { supervisor: 'src/engine/supervisor/main.ts' });
});
afterEach(cleanUp);

/** Ends once there is a file `end` in its folder, and ignores signals. */
const PROGRAM = `
const fs = require('node:fs');
console.log('started');
process.on('SIGTERM', () => undefined);
setInterval(() => { if (fs.existsSync('end')) process.exit(0); }, 20);
`;

it('an exchange', async () => {
  const run = startRun(bundles, { argv: [process.execPath, '-e', PROGRAM], stopGrace: 60 });
  await until('the program', () => output(run.folder).includes('started'));
  const { token } = await address(run.folder);
  const lines: string[] = [];
  const links: Record<string, Link> = {};
  const read: Record<string, number> = {};

  const connect = async (name: string, hello: Record<string, unknown>): Promise<void> => {
    lines.push(`${name} > ${JSON.stringify({ type: 'hello', role: 'engine', token, ...hello })}`);
    links[name] = await attach(run.folder, hello);
    read[name] = 0;
  };
  const send = (name: string, message: object): void => {
    lines.push(`${name} > ${JSON.stringify(message)}`);
    links[name]!.send(message);
  };
  /** The next message that is not about the supervisor's own journal, whose records have times. */
  const hear = async (name: string): Promise<void> => {
    const message = await until(`a message to the ${name}`, () => {
      const { lines, received } = links[name]!;
      const all = lines.filter((_, i) =>
        [undefined, 'rank0-1.ndjson'].includes(received[i]!.file as string | undefined),
      );
      return all[read[name]!];
    });
    read[name]!++;
    lines.push(`${name} < ${message}`);
  };

  lines.push('── a wrong token');
  await connect('stranger', { token: 'guess' });
  await links.stranger!.closed;
  lines.push('(the supervisor ends the connection)');

  lines.push('── a program is told what the engine wants');
  await connect('engine', {});
  await hear('engine');
  await connect('program', { role: 'client', handles: ['set', 'stop'] });
  await hear('program');
  send('program', { type: 'frame', file: 'rank0-1.ndjson', offset: 0, data: '{"step":1,"values":{"loss":0.5}}\n' });
  await hear('engine');
  send('engine', { type: 'set', params: { lr: 1, layers: 3 }, floats: { lr: true } });
  await hear('program');
  send('engine', { type: 'stop', reason: 'prune', grace: 60 });
  await hear('program');

  lines.push('── a program that connects later hears what still holds');
  await connect('late', { role: 'client', handles: ['set'] });
  await hear('late');
  await hear('late');

  lines.push('── frames and controls from those who may not send them are ignored');
  send('program', { type: 'set', params: { lr: 9 } });
  send('engine', { type: 'dance' });
  send('program', { type: 'frame', file: '../run.json', offset: 0, data: 'x\n' });
  send('program', { type: 'frame', file: 'rank0-1.ndjson', offset: 33, data: '{"step":2,"values":{"loss":0.25}}\n' });
  await hear('engine');

  lines.push('── the end');
  writeFileSync(join(run.folder, 'end'), '');
  await hear('engine');
  await links.engine!.closed;
  lines.push('(the supervisor ends the connection)');
  expect(await run.gone).toBe(0);

  const told = `${lines.join('\n')}\n`
    .replaceAll(JSON.stringify(token), '"TOKEN"')
    .replaceAll(/"pid":\d+/g, '"pid":1234');
  await expect(told).toMatchFileSnapshot('golden/exchange.txt');
});
