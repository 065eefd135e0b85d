import { expect, it } from 'vitest';
import { debugLanguage, debugPlace } from '../../../../src/protocol/run/debugging.js';

it('knows interpreters, and launchers that are none', () => {
  const of = (command: string) => debugLanguage(command.split(' '));
  expect(of('python train.py')).toBe('python');
  expect(of('/venv/bin/python3.12 train.py')).toBe('python');
  expect(of('C:\\venv\\python.exe train.py')).toBe('python');
  expect(of('node train.mjs')).toBe('node');
  for (const other of ['torchrun train.py', 'uv run train.py', 'bash go.sh', 'nodemon x.js'])
    expect(of(other)).toBe(null);
});

it.each([
  ['python train.py -c x', 1],
  ['python -u -X dev -Werror train.py --lr 1', 5],
  ['python -W ignore -m pkg.train', 3],
  ['python -c print(1)', 1],
  ['python', 1],
])('puts the debugger of %s before argument %i', (command, at) => {
  expect(debugPlace(command.split(' '), 'python')).toBe(at);
});

it('puts that of Node before its own options', () => {
  expect(debugPlace(['node', '--expose-gc', 'a.js'], 'node')).toBe(1);
});
