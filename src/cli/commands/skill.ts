import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import type { Command } from '../command.js';

export const skill: Command = {
  name: 'skill',
  usage: '',
  summary: 'Prints a skill file that teaches an agent to tune well with Tunesmith.',
  details: 'Put it where your agent looks for skills. docs/agents.md says where that is for the usual ones.',
  options: {},
  examples: [['tunesmith skill > .claude/skills/tunesmith/SKILL.md', 'for agents that read this folder']],
  args: [0, 0],
  async run(context) {
    context.print(readFileSync(path.join(context.dist, '..', 'media', 'skill', 'SKILL.md'), 'utf8').trimEnd());
    return 0;
  },
};
