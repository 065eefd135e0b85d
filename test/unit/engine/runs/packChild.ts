/** Packs and unpacks a journal again and again, until it is killed. */
import { atOnce } from '../../../../src/engine/runs/packing/files.js';
import { packJournal } from '../../../../src/engine/runs/packing/pack.js';
import { unpackJournal } from '../../../../src/engine/runs/packing/unpack.js';

const ALWAYS = { mayChange: () => true };

const file = process.argv[2]!;
async function main(): Promise<void> {
  process.stdout.write('begun\n');
  for (;;) {
    atOnce(unpackJournal(file, ALWAYS));
    await packJournal(file, ALWAYS);
  }
}
void main();
