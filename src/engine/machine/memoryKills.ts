import * as fs from 'node:fs';

/**
 * Returns the number of processes that the kernel has killed for memory in this control group; 0 if it is not counted.
 */
export function memoryKills(): number {
  for (const file of candidates()) {
    try {
      const match = /^oom_kill (\d+)$/m.exec(fs.readFileSync(file, 'utf8'));
      if (match) return Number(match[1]);
    } catch {
      // The system has another layout.
    }
  }
  return 0;
}

function* candidates(): Generator<string> {
  if (process.platform !== 'linux') return;
  try {
    const unified = /^0::(.+)$/m.exec(fs.readFileSync('/proc/self/cgroup', 'utf8'));
    if (unified) yield `/sys/fs/cgroup${unified[1] === '/' ? '' : unified[1]}/memory.events`;
  } catch {
    return;
  }
  yield '/sys/fs/cgroup/memory.events';
  yield '/sys/fs/cgroup/memory/memory.oom_control';
  yield '/proc/vmstat';
}
