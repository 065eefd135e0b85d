/** The boundaries where logs of other tools come in, with samples that the tools have written. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { findRuns } from '../../src/foreign/formats.js';
import { countRun } from '../../src/foreign/import/importRun.js';
import { flattenYaml } from '../../src/foreign/plain.js';
import { closeDatabase, DatabaseError } from '../../src/foreign/sqlite/database.js';
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

export const FOREIGN: Boundary[] = [
  boundary('event files', 'tensorboardx/exp1/1700000000.5', '.vm', 'events.out.tfevents.1.vm'),
  boundary('event files with tensors', 'tensorboard2/fit/train', '.0', 'events.out.tfevents.1.vm.1.0'),
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
        // Deep nesting is too much for the parser; whoever reads the file says so.
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
];
