/** The boundaries where logs of other tools come in, with samples that the tools have written. */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { findRuns } from '../../src/foreign/formats.js';
import { copyOutput } from '../../src/foreign/import/copyOutput.js';
import { countRun } from '../../src/foreign/import/importRun.js';
import { MediaBudget } from '../../src/foreign/mediaBudget.js';
import { handArtifacts } from '../../src/foreign/mlflow/artifacts.js';
import { flattenYaml } from '../../src/foreign/plain.js';
import { closeDatabase, DatabaseError } from '../../src/foreign/sqlite/database.js';
import { frame } from '../../src/foreign/export/wire.js';
import { mediaOf } from '../../src/foreign/wandb/files.js';
import type { Sink } from '../../src/foreign/types.js';
import type { Boundary } from './types.js';

// The programs are started in the root of the project.
const FIXTURES = 'test/unit/foreign/fixtures';
const folder = mkdtempSync(join(tmpdir(), 'tunesmith-fuzz-logs-'));
process.on('exit', () => {
  closeDatabase();
  rmSync(folder, { recursive: true, force: true });
});

/** By the name that it has in a folder of its own, the file with the sample. */
function boundary(name: string, fixture: string, ending: string, file?: string): Boundary {
  const sample = (): string => {
    const found = (readdirSync(join(FIXTURES, fixture), { recursive: true }) as string[]).find((each) =>
      each.endsWith(ending),
    );
    return join(FIXTURES, fixture, found!);
  };
  return {
    name,
    samples: () => [readFileSync(sample())],
    take(input) {
      const path = join(folder, file ?? basename(sample()));
      closeDatabase();
      writeFileSync(path, input);
      try {
        const { runs } = findRuns(path);
        // Those of one database are alike.
        for (const run of runs.slice(0, 3)) countRun(run);
        return runs.length > 0;
      } catch (error) {
        if (error instanceof DatabaseError) return false;
        throw error;
      } finally {
        rmSync(path, { force: true });
      }
    },
  };
}

/** One file of a fixture whose runs are folders; the others stay as they are. */
function within(name: string, fixture: string, ending: string): Boundary {
  const copy = mkdtempSync(join(folder, 'fixture-'));
  cpSync(join(FIXTURES, fixture), copy, { recursive: true });
  const file = join(
    copy,
    (readdirSync(copy, { recursive: true }) as string[]).find((each) => each.endsWith(ending))!,
  );
  const sample = readFileSync(file);
  return {
    name,
    samples: () => [sample],
    take(input) {
      writeFileSync(file, input);
      const { runs } = findRuns(copy);
      for (const run of runs.filter(({ inner }) => inner === '')) countRun(run);
      return runs.length > 0;
    },
  };
}

/** Contents of all records of the fixtures' event files. Within a file, the checksum would reject every change of one. */
function eventsOf(fixture: string): Uint8Array[] {
  const found: Uint8Array[] = [];
  for (const name of readdirSync(join(FIXTURES, fixture), { recursive: true }) as string[]) {
    if (!basename(name).startsWith('events.out.tfevents')) continue;
    const bytes = readFileSync(join(FIXTURES, fixture, name));
    for (let at = 0; at < bytes.length;) {
      const length = Number(bytes.readBigUInt64LE(at));
      found.push(bytes.subarray(at + 12, at + 12 + length));
      at += 16 + length;
    }
  }
  return found;
}

/** Events with right checksums, whatever is in them. */
function events(name: string, ...fixtures: string[]): Boundary {
  const take = (input: Uint8Array): boolean => {
    const path = join(folder, 'events.out.tfevents.1.vm');
    writeFileSync(path, Buffer.concat([frame(FIRST), frame(Buffer.from(input))]));
    try {
      let taken = 0;
      const count = (): void => void taken++;
      const nothing = (): void => undefined;
      const sink: Sink = { scalar: count, params: count, info: count, media: count, facts: nothing, warning: nothing };
      for (const run of findRuns(path).runs) run.open().read(null, sink);
      return taken > 0;
    } finally {
      rmSync(path, { force: true });
    }
  };
  return { name, samples: () => fixtures.flatMap(eventsOf).filter(take), take };
}
/** The event that begins each file: its field 3 is the version. */
const FIRST = Buffer.from([26, 13, ...Buffer.from('brain.Event:2')]);

const TABLES = [
  { columns: ['id', 'x'], data: [[1, { _type: 'image-file', path: 'media/x.png', caption: 'a cat' }]] },
  { columns: ['Actual', 'Predicted', 'nPredictions'], data: [['cat', 'dog', 3]] },
  { columns: ['class', 'recall', 'precision'], data: [['a', 0, 'NaN']] },
];

export const FOREIGN: Boundary[] = [
  boundary('event files', 'tensorboardx/exp1/1700000000.5', '.vm', 'events.out.tfevents.1.vm'),
  boundary('event files with tensors', 'tensorboard2/fit/train', '.0', 'events.out.tfevents.1.vm.1.0'),
  events('events', 'tensorboardx', 'tensorboard2'),
  events('events with meshes', 'tensorboardx-mesh'),
  events('events with graphs', 'tensorboard-graph'),
  boundary('wandb files', 'wandb', '.wandb'),
  boundary('metrics.csv', 'lightning', 'metrics.csv'),
  {
    name: 'hparams.yaml',
    samples: () => [
      'lr: 0.1\nnet: &n { layers: [1, 2.0], on: yes }\nother: *n\nt: !!python/tuple [1, 2]\nx: !!python/object:a.B {y: .inf}\n',
    ],
    take(input) {
      try {
        flattenYaml(Buffer.from(input).toString('utf8'));
        return true;
      } catch (error) {
        // The parser rejects deep nesting, and the reader of the file reports that.
        if (error instanceof SyntaxError || error instanceof RangeError) return false;
        throw error;
      }
    },
  },
  boundary('trainer_state.json', 'transformers', 'trainer_state.json'),
  boundary('optuna journals', 'optuna', 'optuna.log'),
  boundary('optuna databases', 'optuna', 'optuna.db'),
  boundary('mlflow databases', 'mlflow', 'mlflow.db'),
  boundary('trackio databases', 'trackio', 'proj.db'),
  within('mlflow meta.yaml', 'mlflow', join('6cdd2f34652840129be91bb9170ab159', 'meta.yaml')),
  within('mlflow metrics', 'mlflow', join('val', 'loss')),
  within('dvc.yaml', 'dvclive', 'dvc.yaml'),
  within('dvclive tables', 'dvclive', 'loss.tsv'),
  {
    name: 'mlflow artifacts',
    samples: () => [Buffer.from('\x89PNG\r\n\x1a\n0', 'latin1'), '{"a": [1, 2]}', 'a,b\n1,2\n'],
    take(input) {
      const at = mkdtempSync(join(folder, 'artifacts-'));
      try {
        for (const name of ['a.png', 'a.csv', 'a.json']) writeFileSync(join(at, name), input);
        const nothing = (): void => undefined;
        const sink: Sink = {
          ...{ scalar: nothing, params: nothing, info: nothing, media: nothing, facts: nothing, warning: nothing },
        };
        return handArtifacts(at, [], new MediaBudget(), sink).names.length === 3;
      } finally {
        rmSync(at, { recursive: true });
      }
    },
  },
  {
    name: 'wandb tables',
    samples: () => TABLES.map((table) => JSON.stringify(table)),
    take: (input) => mediaOf('rows', 'a.table.json', Buffer.from(input)).mime !== 'application/octet-stream',
  },
  {
    name: 'wandb output',
    samples: () => ['epoch 1: loss 0.5\r\n\u001b[31mwarning\u001b[0m\n'],
    take(input) {
      const [from, to] = [join(folder, 'output.log'), join(folder, 'copy.log')];
      rmSync(to, { force: true });
      writeFileSync(from, input);
      copyOutput(from, to);
      if (!readFileSync(to).equals(Buffer.from(input))) throw new TypeError('the copy differs');
      return true;
    },
  },
];
