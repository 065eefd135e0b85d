#!/usr/bin/env node
// The command line. Works on Node 20; the engine it starts looks for a Node of its own.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const cli = fileURLToPath(new URL('../dist/cli.cjs', import.meta.url));
if (!existsSync(cli)) {
  console.error('tunesmith: not built yet. Type: npm ci && npm run build');
  process.exit(1);
}
createRequire(import.meta.url)(cli);
