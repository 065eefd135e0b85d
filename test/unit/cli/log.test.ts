/** `tunesmith log` on a program that draws progress bars. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Workspace } from './workspace.js';

const BAR = `
import sys
print("begin", flush=True)
for i in range(3000):
    sys.stdout.write(f"\\r\\x1b[32mepoch {i + 1}/3000\\x1b[0m\\x1b]0;title\\x07")
print("\\nend")
`;

let here: Workspace;
beforeAll(async () => {
  here = await Workspace.open({ 'bar.py': BAR, 'bar.tune.yaml': 'run: python3 bar.py\n' });
});
afterAll(() => here.dispose());

it('folds 3,000 progress updates into the last one, with colors only on a terminal', async () => {
  const live = await here.tunesmith(['run', 'bar.tune.yaml', '--log']);
  expect(live.out).toContain('begin\nepoch 3000/3000\nend\n');
  expect(live.out.length).toBeLessThan(2000);
  expect((await here.tunesmith(['log', 'latest'])).out).toBe('begin\nepoch 3000/3000\nend\n');
  const colored = await here.tunesmith(['log', 'latest'], { FORCE_COLOR: '1' });
  expect(colored.out).toBe('begin\n\u001b[32mepoch 3000/3000\u001b[0m\nend\n');
});
