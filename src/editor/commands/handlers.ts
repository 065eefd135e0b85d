/** All handlers together; loaded when a command is first used. */
import { agentCommands } from './agents.js';
import { alertCommands } from './alerts.js';
import { debugCommands } from './runs/debug.js';
import { codeCommands } from './runs/code.js';
import { exportCommands } from './runs/exportRuns.js';
import { engineCommands } from './engine.js';
import { automaticCommands } from './network/automatic.js';
import { fileCommands } from './files.js';
import { logCommands } from './logs.js';
import { modelCommands } from './network/models.js';
import { reportCommands } from './reports.js';
import type { Parts } from './parts.js';
import { placeCommands } from './places.js';
import type { Handlers } from './registry.js';
import { runCommands } from './runs/index.js';
import { scriptCommands } from './scripts.js';
import { searchCommands } from './searches.js';
import { startingCommands } from './starting.js';

export function allHandlers(parts: Parts): Handlers {
  return {
    ...startingCommands(parts),
    ...runCommands(parts),
    ...codeCommands(parts),
    ...automaticCommands(parts),
    ...modelCommands(parts),
    ...exportCommands(parts),
    ...reportCommands(parts),
    ...logCommands(parts),
    ...searchCommands(parts),
    ...scriptCommands(parts),
    ...debugCommands(parts),
    ...fileCommands(parts),
    ...placeCommands(parts),
    ...engineCommands(parts),
    ...agentCommands(parts),
    ...alertCommands(parts),
  };
}
