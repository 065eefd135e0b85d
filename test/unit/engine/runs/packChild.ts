/** Packs and unpacks a journal again and again, until it is killed. */
import { packJournal, unpackJournal } from '../../../../src/engine/runs/packing/pack.js';

const file = process.argv[2]!;
async function main(): Promise<void> {
  process.stdout.write('begun\n');
  for (;;) {
    unpackJournal(file);
    await packJournal(file, () => true);
  }
}
void main();
