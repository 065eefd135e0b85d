/** Who may act: with a real engine, and a host that counts what the person is asked. */
import { describe, expect, it } from 'vitest';
import { permit, type Host } from '../../../src/tools/permission.js';
import { toolNamed, type Act } from '../../../src/tools/index.js';
import { useTools, type Tooled } from './support.js';

async function planned({ bench }: Tooled, name: string, input: object): Promise<Act> {
  const tool = toolNamed(name);
  if (!tool.acts) throw new Error(`${name} only reads`);
  return tool.plan(input, bench);
}

describe.sequential('an agent may act', () => {
  const tools = useTools();
  let asked = 0;
  const host = (isTrusted: boolean | null, answer: 'yes' | 'no' | 'unable' = 'yes'): Host => ({
    agent: 'helper',
    isTrusted,
    ask: async () => {
      asked++;
      return answer;
    },
  });

  it('never in a folder that is not trusted, not even if the person would agree or gave a budget', async () => {
    const act = await planned(tools(), 'start_run', { file: 'tiny.tune.yaml' });
    await expect(permit(act, host(false))).rejects.toThrow('is not trusted, so agents may only read');
    await expect(permit(act, host(null))).rejects.toThrow('has never started anything');
    await tools().link.request('agents/allow', { file: tools().workspace.at('tiny.tune.yaml'), hours: 1 });
    await expect(permit(act, host(false))).rejects.toThrow('is not trusted');
    expect(asked).toBe(0);
  });

  it('within a budget for that file without a question, and else by the word of the person', async () => {
    const covered = await planned(tools(), 'start_run', { file: 'tiny.tune.yaml' });
    expect(await permit(covered, host(true))).toBe('budget');
    expect(
      await permit(await planned(tools(), 'write_values', { file: 'tiny.tune.yaml', params: { lr: 1 } }), host(null)),
    ).toBe('budget');
    expect(asked).toBe(0);
    const other = await planned(tools(), 'start_search', { file: 'noisy.tune.yaml' });
    expect(await permit(other, host(true))).toBe('asked');
    await expect(permit(other, host(true, 'no'))).rejects.toThrow('The person said no');
    await expect(permit(other, host(true, 'unable'))).rejects.toThrow(
      /no budget was given .* tunesmith allow --hours N/,
    );
    expect(asked).toBe(3);
    // More than is left.
    const long = { ...covered, deviceHours: 2 };
    await expect(permit(long, host(true, 'unable'))).rejects.toThrow('takes about 2.0 h of the 1.0 h');
  });
});
