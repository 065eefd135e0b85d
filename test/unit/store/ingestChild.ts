/** A process that takes journals in until it is killed: see kill.test.ts. Arguments: folder, runs. */
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { Store } from '../../../src/store/store.js';

const [folder = '', runs = ''] = process.argv.slice(2);
const store = Store.open(join(folder, 'store.db'));
process.stdout.write('working\n');
for (;;) {
  let more = false;
  for (const run of runs.split(',')) {
    for (const result of store.ingest.pollAll(run, { budgetMs: 1 })) more ||= result.more;
    // Everything that was reported to anyone must survive a kill.
    appendFileSync(join(folder, 'told'), `${run} ${store.runs.get(run)?.metrics.a?.count ?? 0}\n`);
  }
  if (!more && !store.series.fold(1)) break;
}
store.close();
