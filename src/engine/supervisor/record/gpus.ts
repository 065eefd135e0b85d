/** Names, memory and drivers of the machine's GPUs, by the tools of their makers. `python/tunesmith/_gpus.py` is the same for programs started by hand. */
import type { RecordedEnvironment } from '../../../protocol/engine/recorded.js';

export type GpuFacts = RecordedEnvironment['gpus'];
/** Runs a program; resolves to its output. */
type Ask = (program: string, args: string[]) => Promise<string>;

const MOST = 64;
const LONGEST = 200;

/** Answers of the first tool that lists any. Never rejects. */
export async function gpuFacts(ask: Ask, platform = process.platform): Promise<GpuFacts> {
  const tools: [string, string[], (text: string) => GpuFacts][] =
    platform === 'darwin'
      ? [['ioreg', ['-r', '-d', '1', '-w', '0', '-c', 'IOAccelerator'], appleFacts]]
      : [
          [
            'nvidia-smi',
            ['--query-gpu=memory.total,driver_version,name', '--format=csv,noheader,nounits'],
            nvidiaFacts,
          ],
          ['rocm-smi', ['--showproductname', '--showmeminfo', 'vram', '--showdriverversion', '--json'], rocmFacts],
          ['amd-smi', ['static', '--asic', '--vram', '--driver', '--json'], amdFacts],
        ];
  for (const [program, args, read] of tools) {
    try {
      const found = read(await ask(program, args));
      if (found.length > 0) return found.slice(0, MOST);
    } catch {
      // It is not installed, fails, or answers otherwise: the next one is asked.
    }
  }
  return [];
}

function nvidiaFacts(csv: string): GpuFacts {
  return csv.split('\n').flatMap((line) => {
    const [memory = '', driver = '', ...name] = line.split(',').map((cell) => cell.trim());
    return name.length === 0 ? [] : [factsOf(name.join(', '), Number.parseFloat(memory), driver)];
  });
}

/** `rocm-smi`, whose keys differ by version. */
function rocmFacts(json: string): GpuFacts {
  const read = objectOf(JSON.parse(json));
  const driver = objectOf(read.system)['Driver version'];
  return Object.entries(read).flatMap(([card, given]) => {
    if (!/^card\d+$/.test(card)) return [];
    const facts = objectOf(given);
    const find = (pattern: RegExp): unknown => facts[Object.keys(facts).find((key) => pattern.test(key)) ?? ''];
    const name = find(/^Device Name/i) ?? find(/^Card series/i) ?? find(/^Card model/i) ?? 'AMD GPU';
    return [factsOf(name, Number.parseFloat(String(find(/^VRAM Total Memory/i))) / 2 ** 20, driver)];
  });
}

/** `amd-smi static`: a list of GPUs, or an object with it. */
function amdFacts(json: string): GpuFacts {
  const read = JSON.parse(json) as unknown;
  const list = Array.isArray(read) ? read : objectOf(read).gpu_data;
  return (Array.isArray(list) ? list : []).flatMap((each) => {
    const { asic, vram, driver } = objectOf(each);
    if (asic === undefined && vram === undefined) return [];
    const { size } = objectOf(vram);
    const memory = Number.parseFloat(String(objectOf(size).value ?? size));
    return [factsOf(objectOf(asic).market_name ?? 'AMD GPU', memory, objectOf(driver).version)];
  });
}

/** `ioreg`: the memory is that of the machine. */
function appleFacts(text: string): GpuFacts {
  return text.split('+-o ').flatMap((part) => {
    const cores = /"gpu-core-count"\s*=\s*(\d+)/.exec(part)?.[1];
    const model = /"model"\s*=\s*<?"([^"]*)"/.exec(part)?.[1];
    if (cores === undefined && model === undefined) return [];
    const count = cores === undefined ? '' : ` (${cores} cores)`;
    return [factsOf(`${model ?? 'Apple GPU'}${count}`, NaN, null)];
  });
}

function factsOf(name: unknown, memory: number, driver: unknown): GpuFacts[number] {
  const text = (value: unknown): string => (typeof value === 'string' ? value.trim().slice(0, LONGEST) : '');
  const memoryMiB = Number.isFinite(memory) ? Math.round(memory) : null;
  return { name: text(name), memoryMiB, driver: text(driver) || null };
}

const objectOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
