/** The trainer's side of `tunesmith backends`: NDJSON on standard output, see protocol/trainer/backends.ts. */
import { readFile, rm } from 'node:fs/promises';
import type { z } from 'zod';
import type { BackendLine } from '../../protocol/trainer/backends.js';
import { latestChoices, type Milliseconds, type TimingTask } from '../backends/choosing/choice.js';
import { backendFolder } from '../backends/folder.js';
import { backendById, installBackend, probeBackends, startBackend } from '../backends/index.js';
import { ANSWER, type ProbeResult } from '../backends/choosing/probe.js';
import { tryBackend } from '../backends/choosing/trial.js';
import { messageOf, toldOf } from '../errors.js';
import { timeStep } from '../backends/choosing/timing.js';

const say = (line: BackendLine) => void process.stdout.write(`${JSON.stringify(line)}\n`);

/** Executes the arguments' command; returns false when they don't contain one. */
export async function backendCommand(args: string[]): Promise<boolean> {
  const [command, id, ...rest] = args;
  switch (command) {
    case '--try-backend':
      await answerTry(id ?? '');
      return true;
    case '--time-backend':
      await answerTime(id ?? '', rest[0] ?? '');
      return true;
    case '--probe-backends':
      await reporting(async () => {
        const backends = await probeBackends((text) => say({ type: 'progress', fraction: null, text }));
        say({ type: 'reports', backends, choices: await latestChoices(5) });
      });
      return true;
    case '--install-backend':
      await reporting(() => install(id ?? '', rest));
      return true;
    case '--remove-backend':
      await reporting(async () => {
        const backend = backendById(id ?? '');
        await rm(backendFolder(backend.id), { recursive: true, force: true });
        const reports = await probeBackends();
        say({ type: 'done', backend: reports.find((one) => one.id === backend.id)! });
      });
      return true;
    default:
      return false;
  }
}

async function reporting(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    say({ type: 'error', ...toldOf(error) });
    process.exitCode = 1;
  }
}

async function install(id: string, rest: string[]): Promise<void> {
  const aborter = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => aborter.abort(new Error('the installation was stopped')));
  }
  const at = rest.indexOf('--python');
  const backend = await installBackend(backendById(id).id, {
    onProgress: (fraction, text) => say({ type: 'progress', fraction, text }),
    signal: aborter.signal,
    python: at >= 0 ? (rest[at + 1] ?? null) : null,
  });
  say({ type: 'done', backend });
}

/** Tries a backend in this process, which native code may crash. */
async function answerTry(id: string): Promise<void> {
  let result: ProbeResult;
  try {
    const { device, detail } = await backendById(id).start();
    await tryBackend();
    result = { works: true, device, reason: detail };
  } catch (error) {
    result = { works: false, device: null, reason: messageOf(error).split('\n')[0]! };
  }
  process.stdout.write(`\n${ANSWER}${JSON.stringify(result)}\n`, () => process.exit(0));
}

/** Times a backend. `path` is a file with a TimingTask, written by `timeInChild`. */
async function answerTime(id: string, path: string): Promise<void> {
  const task = JSON.parse(await readFile(path, 'utf8')) as TimingTask;
  const milliseconds = await timeStep(task, await startBackend(backendById(id)));
  const answer = { milliseconds } satisfies z.infer<typeof Milliseconds>;
  process.stdout.write(`\n${ANSWER}${JSON.stringify(answer)}\n`, () => process.exit(0));
}
