/** Facts about this machine, as far as installed programs report them. */
import { spawnSync } from 'node:child_process';
import * as os from 'node:os';

/** First line of what it prints, else null. */
function firstLine(program: string, args: string[]): string | null {
  const { status, stdout } = spawnSync(program, args, { encoding: 'utf8', timeout: 60_000, windowsHide: true });
  return status === 0 ? (stdout.trim().split('\n')[0]?.trim() ?? null) : null;
}

export function machineFacts(): Record<string, string> {
  const gpus = spawnSync('nvidia-smi', ['--query-gpu=name,driver_version,memory.total', '--format=csv,noheader'], {
    encoding: 'utf8',
    timeout: 60_000,
    windowsHide: true,
  });
  const found = gpus.status === 0 ? gpus.stdout.trim().split('\n').join('; ') : '';
  return {
    system: `${os.platform()} ${os.arch()}, ${os.release()}`,
    node: process.versions.node,
    cpu: `${machineFacts.threads()} × ${os.cpus()[0]?.model.trim() ?? 'unknown processor'}`,
    memory: `${Math.round(os.totalmem() / 2 ** 30)} GiB`,
    gpu: found || 'nvidia-smi names none',
    ...(os.platform() === 'linux' ? { vulkan: vulkan() } : {}),
  };
}
machineFacts.threads = (): number => os.availableParallelism();

/** WebGPU on Linux goes through it. */
function vulkan(): string {
  // People's paths often lack its folder.
  const listed = ['ldconfig', '/sbin/ldconfig'].map((program) => spawnSync(program, ['-p'], { encoding: 'utf8' }));
  const answer = listed.find(({ status }) => status === 0);
  if (!answer) return 'unknown: there is no ldconfig';
  return answer.stdout.includes('libvulkan.so.1') ? 'its loader is here' : 'no loader (libvulkan.so.1)';
}

const ASK =
  'import torch; print("PyTorch", torch.__version__ + ",", torch.cuda.get_device_name(0) if torch.cuda.is_available() else "no CUDA device")';

export interface Torch {
  detail: string;
  devices: ('cuda' | 'cpu')[];
}

export function torchFacts(python: string): Torch {
  const line = firstLine(python, ['-c', ASK]);
  if (!line) return { detail: `${python} has no PyTorch`, devices: [] };
  return { detail: line, devices: line.endsWith('no CUDA device') ? ['cpu'] : ['cuda', 'cpu'] };
}
