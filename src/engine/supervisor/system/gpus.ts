/** Use, memory, power and temperature of the GPUs that a program may use, by the tools of their makers. `python/tunesmith/_gpus.py` is the same for programs started by hand. */
import { execFile } from 'node:child_process';
import { RUN_ENV } from '../../../protocol/run/runFiles.js';
import { visibleGpus } from '../../machine/visibleGpus.js';

export interface GpuUse {
  index: number;
  /** Percent, MiB, watts, degrees Celsius; null: the tool does not tell. */
  use: number | null;
  memory: number | null;
  power: number | null;
  temperature: number | null;
}

type Reader = (env: NodeJS.ProcessEnv) => Promise<GpuUse[]>;

/** A driver that wakes up for each question needs seconds. */
const TIMEOUT = 10_000;
/** Number of consecutive failures after which GPUs are no longer queried. */
const MAX_FAILURES = 3;

export class Gpus {
  private readers: Reader[];
  private failures = 0;

  /** `env`: the program's. */
  constructor(private readonly env: NodeJS.ProcessEnv) {
    const { CUDA_VISIBLE_DEVICES: visible } = env;
    const hidden = visible !== undefined && (visible.trim() === '' || visible.trim().startsWith('-1'));
    if (process.platform === 'darwin') this.readers = [apple];
    else this.readers = [...(hidden ? [] : [nvidia]), ...(process.platform === 'linux' ? [rocm, amd] : [])];
  }

  /** Never rejects. Empty if no tool reports any. */
  async read(): Promise<GpuUse[]> {
    for (; this.readers.length > 0; this.readers.shift()) {
      try {
        const gpus = await this.readers[0]!(this.env);
        this.failures = 0;
        return gpus;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT' || ++this.failures >= MAX_FAILURES) continue;
        return [];
      }
    }
    return [];
  }
}

/** Metrics below `system/`, without what the tool does not tell. */
export function gpuMetrics(gpus: readonly GpuUse[]): Record<string, number> {
  const values: Record<string, number> = {};
  for (const { index, use, memory, power, temperature } of gpus) {
    const facts = { use_percent: use, memory_mib: memory, power_watts: power, temperature_celsius: temperature };
    for (const [what, value] of Object.entries(facts)) if (value !== null) values[`system/gpu${index}_${what}`] = value;
  }
  return values;
}

function ask(program: string, args: string[], env: NodeJS.ProcessEnv): Promise<string> {
  // It does not belong to the run, although we start it.
  const options = { timeout: TIMEOUT, windowsHide: true, maxBuffer: 4 << 20, env: { ...env, [RUN_ENV.outlive]: '1' } };
  return new Promise((resolve, reject) => {
    execFile(program, args, options, (error, stdout) => (error ? reject(error) : resolve(stdout)));
  });
}

const NVIDIA = 'index,uuid,utilization.gpu,memory.used,power.draw,temperature.gpu';

async function nvidia(env: NodeJS.ProcessEnv): Promise<GpuUse[]> {
  const text = await ask('nvidia-smi', [`--query-gpu=${NVIDIA}`, '--format=csv,noheader,nounits'], env);
  return parseNvidia(text, env.CUDA_VISIBLE_DEVICES);
}

/** Reads the answer of `nvidia-smi`, restricted to the GPUs of CUDA_VISIBLE_DEVICES. */
export function parseNvidia(csv: string, visible: string | undefined): GpuUse[] {
  const gpus = csv.split('\n').flatMap((line) => {
    const [index = '', uuid = '', ...numbers] = line.split(',').map((cell) => cell.trim());
    if (!/^\d+$/.test(index) || numbers.length < 4) return [];
    const [use, memory, power, temperature] = numbers.map(numberOrNull);
    return [{ index: Number(index), uuid, use: use!, memory: memory!, power: power!, temperature: temperature! }];
  });
  return visibleGpus(gpus, visible).map(({ index, use, memory, power, temperature }) => ({
    ...{ index, use, memory, power, temperature },
  }));
}

async function rocm(env: NodeJS.ProcessEnv): Promise<GpuUse[]> {
  return parseRocm(
    await ask('rocm-smi', ['--showuse', '--showmeminfo', 'vram', '--showpower', '--showtemp', '--json'], env),
  );
}

/** Reads the JSON of `rocm-smi`, whose keys differ by version. Throws when it is none. */
export function parseRocm(json: string): GpuUse[] {
  return Object.entries(JSON.parse(json) as Record<string, Record<string, string>>).flatMap(([card, facts]) => {
    const index = /^card(\d+)$/.exec(card)?.[1];
    if (index === undefined) return [];
    const find = (pattern: RegExp): number | null => {
      const key = Object.keys(facts).find((name) => pattern.test(name));
      return key === undefined ? null : numberOrNull(String(facts[key]));
    };
    const bytes = find(/^VRAM Total Used Memory/i);
    return [
      {
        index: Number(index),
        use: find(/^GPU use/i),
        memory: bytes === null ? null : Math.round(bytes / 2 ** 20),
        power: find(/Package Power/i),
        temperature: find(/^Temperature \(Sensor (?:edge|junction)/i),
      },
    ];
  });
}

/** ROCm 7 replaces `rocm-smi` by `amd-smi`. */
async function amd(env: NodeJS.ProcessEnv): Promise<GpuUse[]> {
  return parseAmd(
    await ask('amd-smi', ['metric', '--usage', '--mem-usage', '--power', '--temperature', '--json'], env),
  );
}

/** Reads the JSON of `amd-smi metric`: a list of GPUs, or an object with it. Throws when it is neither. */
export function parseAmd(json: string): GpuUse[] {
  const read = JSON.parse(json) as unknown;
  const list = Array.isArray(read) ? read : objectOf(read).gpu_data;
  if (!Array.isArray(list)) throw new SyntaxError('amd-smi lists no GPUs');
  return list.flatMap((each) => {
    const { gpu, usage, mem_usage: memory, power, temperature } = objectOf(each);
    if (typeof gpu !== 'number' || !Number.isInteger(gpu) || gpu < 0) return [];
    return [
      {
        index: gpu,
        use: quantity(objectOf(usage).gfx_activity),
        memory: quantity(objectOf(memory).used_vram),
        power: quantity(objectOf(power).socket_power),
        temperature: quantity(objectOf(temperature).edge) ?? quantity(objectOf(temperature).hotspot),
      },
    ];
  });
}

const objectOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};

/** A number, or an object with a value and its unit; null for `N/A`. */
function quantity(written: unknown): number | null {
  const { value = written } = objectOf(written);
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  return typeof value === 'string' ? numberOrNull(value) : null;
}

async function apple(env: NodeJS.ProcessEnv): Promise<GpuUse[]> {
  return parseApple(await ask('ioreg', ['-r', '-d', '1', '-w', '0', '-c', 'IOAccelerator'], env));
}

/** Reads the answer of `ioreg`; power and temperature are for the superuser alone. */
export function parseApple(text: string): GpuUse[] {
  const use = /"Device Utilization %"\s*=\s*(\d+)/.exec(text)?.[1];
  const bytes = /"In use system memory"\s*=\s*(\d+)/.exec(text)?.[1];
  if (use === undefined) return [];
  const memory = bytes === undefined ? null : Math.round(Number(bytes) / 2 ** 20);
  return [{ index: 0, use: Number(use), memory, power: null, temperature: null }];
}

function numberOrNull(text: string): number | null {
  const value = Number.parseFloat(text);
  return Number.isFinite(value) ? value : null;
}
