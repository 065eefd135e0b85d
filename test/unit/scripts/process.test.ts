import { spawn } from 'node:child_process';
import { expect, test } from 'vitest';
import { CommandError, descendants, killTree, run, until } from '../../../scripts/lib/process.mjs';

const alive = (pid: number) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

test('a command that hangs is ended with everything it started', async () => {
  const script = `const child = require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(()=>{},1000)']);
    console.log(child.pid); setInterval(()=>{},1000)`;
  const error: CommandError = await run(process.execPath, ['-e', script], { output: 'quiet', timeout: 1500 }).then(
    () => expect.unreachable(),
    (reason: CommandError) => reason,
  );
  expect(error).toBeInstanceOf(CommandError);
  expect(error.timedOut).toBe(true);
  const grandchild = Number(/^\d+$/m.exec(error.output)?.[0]);
  expect(grandchild).toBeGreaterThan(0);
  await until('the grandchild is gone', () => !alive(grandchild), 5000);
});

test('a child that keeps the output open does not make us wait', async () => {
  const script = `const child = require('node:child_process').spawn(process.execPath, ['-e', 'setTimeout(()=>{},600000)'], { stdio: 'inherit', detached: true });
    child.unref();
    console.log(child.pid)`;
  const { output } = await run(process.execPath, ['-e', script], { output: 'quiet' });
  const grandchild = Number(output);
  expect(alive(grandchild)).toBe(true);
  process.kill(grandchild);
});

test('a program that is not there is named', async () => {
  await expect(run('no-such-program-xyz', [], { output: 'quiet' })).rejects.toThrow('no-such-program-xyz: not found');
});

test('the tree below a process is found', async () => {
  const child = spawn(process.execPath, ['-e', 'setInterval(()=>{},1000)']);
  try {
    await until('the child is listed', () => descendants(process.pid).includes(child.pid!), 5000);
  } finally {
    killTree(child.pid!);
  }
});
