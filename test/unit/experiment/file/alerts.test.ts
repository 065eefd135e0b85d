import { describe, expect, it } from 'vitest';
import { parseExperiment } from '../../../../src/experiment/index.js';

const read = (alerts: string) => parseExperiment(`run: ./train\nalerts: ${alerts}\n`, '/x/a.tune.yaml');
const problems = (alerts: string) =>
  read(alerts).problems.map(({ line, column, message }) => `${line}:${column} ${message}`);

describe('alerts', () => {
  it('are a list of conditions', () => {
    expect(parseExperiment('run: ./train\n', '/x/a.tune.yaml').experiment).not.toHaveProperty('alerts');
    expect(
      read('[nan, failed, ended, { stall: 60 }, { metric: val/loss, above: 5 }, { metric: acc, below: 0.1 }]')
        .experiment?.alerts,
    ).toEqual([
      { kind: 'nan' },
      { kind: 'failed' },
      { kind: 'ended' },
      { kind: 'stall', seconds: 60 },
      { kind: 'above', metric: 'val/loss', value: 5 },
      { kind: 'below', metric: 'acc', value: 0.1 },
    ]);
  });

  it('report errors with position and advice', () => {
    const form = 'an alert must be nan, failed, ended, { stall: SECONDS }, or { metric: NAME, above: X } (or below)';
    expect(problems('nan')).toEqual(['2:9 alerts must be a list, such as: [nan, { stall: 600 }]']);
    expect(problems('[over]')).toEqual([`2:10 ${form}`]);
    expect(problems('[{ metric: loss }]')).toEqual(['2:10 an alert on a metric needs above: NUMBER or below: NUMBER']);
    expect(problems('[{ metric: loss, above: high }]')[0]).toMatch(/^2:\d+ /);
    expect(problems('[{ stall: 0 }]')[0]).toMatch(/^2:\d+ /);
    // A file names no program and no address.
    expect(problems('[{ stall: 5, webhook: "http://x" }]')[0]).toMatch(/^2:\d+ /);
  });
});
