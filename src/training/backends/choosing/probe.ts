/**
 * Tries a backend in its own process, so that native code that crashes or hangs does no harm. The result is saved until
 * the backend, Node or Tunesmith changes.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { writeWhole } from '../../../files/whole.js';
import { messageOf } from '../../errors.js';
import { runCommand } from '../../files/command.js';
import { backendsFolder } from '../folder.js';
import type { BackendModule } from '../types.js';

export const ProbeResult = z.object({
  works: z.boolean(),
  device: z.enum(['gpu', 'cpu']).nullable(),
  reason: z.string(),
});
export type ProbeResult = z.infer<typeof ProbeResult>;

const TIMEOUT_MS = 60_000;
/** Prefix that distinguishes the answer from output of native libraries. */
export const ANSWER = '#tunesmith-backend ';

export async function probe(
  backend: BackendModule,
  entry = trainerEntry(),
  timeoutMs = TIMEOUT_MS,
): Promise<ProbeResult> {
  const key = cacheKey(backend, entry);
  const path = join(backendsFolder(), `tried-${backend.id}-${key}.json`);
  const cached = await readFile(path, 'utf8').then(
    (text) => ProbeResult.safeParse(parseJson(text)).data,
    () => undefined,
  );
  if (cached) return cached;
  const result = await tryInChild(backend.id, entry, timeoutMs);
  // Failures are not saved: a driver or a library may have been installed in the meantime.
  if (result.works) await keep(path, result);
  return result;
}

/** Returns the program that handles `--try-backend` and `--time-backend`. */
export function trainerEntry(): string {
  return process.env.TUNESMITH_TRAINER ?? process.argv[1]!;
}

export async function tryInChild(id: string, entry: string, timeoutMs: number): Promise<ProbeResult> {
  const failed = (reason: string): ProbeResult => ({ works: false, device: null, reason });
  try {
    const { code, signal, stdout, stderr } = await runCommand(process.execPath, [entry, '--try-backend', id], {
      env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
      timeoutMs,
    });
    const answer = stdout.split('\n').find((line) => line.startsWith(ANSWER));
    const result = answer ? ProbeResult.safeParse(parseJson(answer.slice(ANSWER.length))).data : undefined;
    if (result && (code === 0 || !result.works)) return result;
    if (signal === 'SIGKILL') return failed(`gave no answer within ${timeoutMs / 1000} s`);
    const last = stderr.trim().split('\n').at(-1)?.slice(0, 200) ?? '';
    return failed(`crashed when tried (${signal ?? `code ${code}`})${last ? `: ${last}` : ''}`);
  } catch (error) {
    return failed(`could not be tried: ${messageOf(error)}`);
  }
}

function cacheKey(backend: BackendModule, entry: string): string {
  const { CUDA_VISIBLE_DEVICES, VK_ICD_FILENAMES, LD_LIBRARY_PATH, TUNESMITH_SOFTWARE_GPU } = process.env;
  const facts = [
    backend.fingerprint(),
    process.version,
    process.arch,
    hostname(),
    process.env.TUNESMITH_VERSION,
    entry,
    CUDA_VISIBLE_DEVICES,
    VK_ICD_FILENAMES,
    LD_LIBRARY_PATH,
    TUNESMITH_SOFTWARE_GPU,
  ];
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex').slice(0, 12);
}

async function keep(path: string, result: ProbeResult): Promise<void> {
  try {
    await writeWhole(path, JSON.stringify(result), { sync: false });
  } catch {
    // It is tried again next time.
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
