/** The commands, in the order of the overview. */
import { askTell } from '../askTell/index.js';
import type { Command } from '../command.js';
import { alert } from './alert.js';
import { allow } from './allow.js';
import { auto } from './auto.js';
import { backends } from './backends.js';
import { cluster } from './cluster.js';
import { code } from './code.js';
import { branch, enqueue, pause, rerun, resume, rm, stop } from './control.js';
import { diff } from './diff.js';
import { distil } from './distil.js';
import { doctor } from './doctor.js';
import { engine } from './engine.js';
import { evaluate } from './evaluate.js';
import { predict } from './predict.js';
import { exportRuns } from './export.js';
import { follow } from './follow.js';
import { importRuns } from './import.js';
import { best, importance } from './insight.js';
import { log } from './log.js';
import { lrRange } from './lrRange.js';
import { ls } from './ls.js';
import { mcp } from './mcp.js';
import { metrics } from './metrics.js';
import { pack } from './pack.js';
import { pipeline } from './pipeline.js';
import { prune } from './prune.js';
import { report } from './report.js';
import { run } from './run.js';
import { search } from './search.js';
import { set } from './set.js';
import { show } from './show.js';
import { skill } from './skill.js';
import { tune } from './tune.js';
import { types } from './types.js';
import { validate } from './validate.js';

export const COMMANDS: readonly Command[] = [
  run,
  tune,
  search,
  auto,
  pipeline,
  ls,
  show,
  diff,
  code,
  best,
  importance,
  metrics,
  log,
  stop,
  pause,
  resume,
  set,
  enqueue,
  rerun,
  branch,
  rm,
  pack,
  importRuns,
  follow,
  exportRuns,
  report,
  lrRange,
  prune,
  distil,
  evaluate,
  predict,
  validate,
  types,
  askTell,
  alert,
  mcp,
  allow,
  skill,
  backends,
  engine,
  cluster,
  doctor,
];
