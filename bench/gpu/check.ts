/** Which backends work on this machine, whether they compute the same, and how fast beside PyTorch. Packed by pack.mjs. */
import { accessSync, constants, existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { NETS } from '../training/nets.js';
import { Side } from '../training/side.js';
import { machineFacts, torchFacts } from './facts.js';
import { compareLosses, firstLosses } from './agree.js';
import { markdown, type Result, type Row } from './report.js';
import { tryRungs } from './rungs.js';

const HELP = `./run [OPTION …]

Says which backends of the trainer work on this machine, why the others don't, and samples a second of each beside PyTorch.

  --python PATH      the Python to look for PyTorch and TensorFlow in (python3)
  --nets A,B         of ${Object.keys(NETS).join(', ')}; all
  --rounds N         turns of each side (3); the best one counts
  --seconds N        of each turn (2)
  --install          also installs what is not here, as "tunesmith backends install" does: needs a network
  --no-speed         only tries the backends
  --out DIR          where result.json and result.md go (this folder)
`;
const here = dirname(resolve(process.argv[1]!));
/** Too slow to be worth the wait, and only a reference. */
const UNMEASURED = 'cpu';
/** The first step on a new card may compile its kernels. */
const PATIENCE_MS = 180_000;

function options() {
  try {
    return parseArgs({
      options: {
        python: { type: 'string', default: process.platform === 'win32' ? 'python' : 'python3' },
        nets: { type: 'string', default: Object.keys(NETS).join() },
        rounds: { type: 'string', default: '3' },
        seconds: { type: 'string', default: '2' },
        install: { type: 'boolean', default: false },
        'no-speed': { type: 'boolean', default: false },
        out: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values;
  } catch (error) {
    return refuse((error as Error).message);
  }
}

function refuse(text: string): never {
  console.error(`error: ${text}\n\n${HELP}`);
  process.exit(2);
}

/** The folder, made if need be, or a temporary one where it is read-only. */
function writable(folder: string): string {
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
    return folder;
  } catch {
    const other = mkdtempSync(join(tmpdir(), 'gpu-check-'));
    console.log(`${folder} can't be written to: results go to ${other}`);
    return other;
  }
}

async function main(): Promise<void> {
  const given = options();
  if (given.help) return console.log(HELP);
  const nets = given.nets.split(',');
  const unknown = nets.find((net) => !NETS[net]);
  if (unknown) refuse(`there is no network "${unknown}": choose from ${Object.keys(NETS).join(', ')}`);
  const [rounds, seconds] = [Number(given.rounds), Number(given.seconds)];
  if (!(rounds >= 1 && seconds > 0)) refuse('--rounds must be at least 1, --seconds above 0');
  const out = writable(given.out ? resolve(given.out) : here);

  const packed = join(here, 'packed.json');
  const machine = machineFacts();
  for (const [name, fact] of Object.entries(machine)) console.log(`${name.padEnd(8)} ${fact}`);
  const torch = torchFacts(given.python);
  console.log(`${'torch'.padEnd(8)} ${torch.detail}\n`);

  const rungs = await tryRungs({ here, out, python: given.python, install: given.install });
  const rows: Row[] = rungs.map((rung) => ({ ...rung, agrees: null, rates: {} }));
  const save = () => {
    const commit = existsSync(packed) ? (JSON.parse(readFileSync(packed, 'utf8')) as { commit: string }).commit : null;
    const result: Result = { machine, commit, torch: torch.detail, nets, rounds, seconds, rows };
    writeFileSync(join(out, 'result.json'), `${JSON.stringify(result, null, 2)}\n`);
    writeFileSync(join(out, 'result.md'), markdown(result));
  };
  save();
  if (!given['no-speed']) {
    const measured = rows.filter(({ id, works }) => works && id !== UNMEASURED);
    agreement(measured, nets);
    save();
    for (const device of torch.devices) {
      rows.push({
        id: `torch-${device}`,
        name: `PyTorch on ${device === 'cuda' ? 'the GPU' : 'the processor'}`,
        works: true,
        device: device === 'cuda' ? 'gpu' : 'cpu',
        reason: torch.detail,
        agrees: null,
        rates: {},
      });
    }
    const sides = rows.filter(({ id, works }) => works && id !== UNMEASURED);
    for (const net of nets) {
      await speed(net, sides, given.python, rounds, seconds);
      save();
    }
  }
  console.log(`\n${join(out, 'result.json')}\n${join(out, 'result.md')}`);
}

/** Compares the first losses of each backend's training with those of WebAssembly, which every machine has. */
function agreement(rows: Row[], nets: string[]): void {
  const reference = rows.find(({ id }) => id === 'wasm');
  if (!reference) return;
  const expected = firstLosses(here, 'wasm', nets);
  for (const row of rows) {
    if (row === reference) continue;
    row.agrees = compareLosses(expected, firstLosses(here, row.id, nets));
    console.log(`${row.id.padEnd(18)} ${row.agrees}`);
  }
}

async function speed(net: string, rows: Row[], python: string, rounds: number, seconds: number): Promise<void> {
  const sides = new Map<Row, Side>();
  /** A driver may crash or hang its process: then the others go on. */
  const attempt = async (row: Row, side: Side, work: Promise<void>): Promise<void> => {
    const late = sleep(PATIENCE_MS, null, { ref: false }).then(() => {
      throw new Error(`no answer within ${PATIENCE_MS / 1000} s`);
    });
    try {
      await Promise.race([work, late]);
    } catch (error) {
      row.rates[net] = `failed: ${(error as Error).message}`;
      console.log(`${net.padEnd(6)} ${row.id.padEnd(18)} ${row.rates[net]}`);
      side.end();
      sides.delete(row);
    }
  };
  for (const row of rows) {
    const command = row.id.startsWith('torch-')
      ? [python, join(here, 'pytorch.py'), net, String(machineFacts.threads()), row.id.slice('torch-'.length)]
      : [process.execPath, join(here, 'worker.cjs'), row.id, net];
    const side = new Side(command, NETS[net]!.batch);
    sides.set(row, side);
    await attempt(row, side, side.prepare(seconds));
  }
  for (let round = 0; round < rounds; round++)
    for (const [row, side] of [...sides]) await attempt(row, side, side.turn(seconds));
  for (const [row, side] of sides) {
    const rate = side.best.clock;
    row.rates[net] = rate;
    side.end();
    console.log(`${net.padEnd(6)} ${row.id.padEnd(18)} ${Math.round(rate).toLocaleString('en')} samples/s`);
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
