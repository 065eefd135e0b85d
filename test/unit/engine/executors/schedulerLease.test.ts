import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { heldBy, SchedulerLease } from '../../../../src/engine/executors/schedulerLease.js';
import { LeaseWatch } from '../../../../src/engine/machine/leaseWatch.js';
import { thisHost } from '../../../../src/engine/machine/host.js';

let folder: string;
let file: string;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'lease-'));
  file = path.join(folder, 'scheduler.json');
});
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

const elsewhere = { name: 'node7', bootId: 'another boot', pidNamespace: 'pid:[1]' };
const write = (holder: object): void => fs.writeFileSync(file, JSON.stringify(holder));

describe('the right to start work in a folder', () => {
  it('is one holder’s, until that gives it back', () => {
    const [one, two] = [new SchedulerLease(file), new SchedulerLease(file)];
    expect(one.take()).toBeNull();
    expect(one.take()).toBeNull();
    const holder = two.take()!;
    expect(holder).toMatchObject({ pid: process.pid, host: thisHost() });
    expect(heldBy(holder, '/home/me/project')).toMatch(
      /^Another engine of this machine .*TUNESMITH_HOME.* project since/,
    );
    expect(two.other()).toMatchObject({ pid: process.pid });
    one.release();
    expect(two.take()).toBeNull();
    expect(fs.readdirSync(folder)).toEqual(['scheduler.json']);
  });

  it('is free at once when its holder on this host is dead', () => {
    write({ host: thisHost(), pid: process.pid, started: 'another time', since: 1, token: 'a' });
    expect(new SchedulerLease(file).take()).toBeNull();
  });

  it('is not free because its holder can’t be seen from here', () => {
    write({ host: elsewhere, pid: 1, started: null, since: 1_700_000_000_000, token: 'a' });
    const holder = new SchedulerLease(file).take()!;
    expect(holder.host.name).toBe('node7');
    expect(heldBy(holder, '/home/me/project')).toMatch(
      /Tunesmith on node7 \(process 1\) has worked in project since .*2023/,
    );
  });

  it('is lost when another one has replaced it, and not taken away from that one', () => {
    const lease = new SchedulerLease(file);
    lease.take();
    write({ host: elsewhere, pid: 1, started: null, since: 1, token: 'a' });
    expect(lease.take()).toMatchObject({ host: elsewhere });
    expect(lease.isOurs).toBe(false);
    lease.release();
    expect(fs.existsSync(file)).toBe(true);
  });

  it('is free when the file holds anything else', () => {
    fs.writeFileSync(file, 'x'.repeat(100_000));
    const lease = new SchedulerLease(file);
    expect(lease.other()).toBeNull();
    expect(lease.take()).toBeNull();
    expect(lease.isOurs).toBe(true);
  });
});

describe('a lease of another host', () => {
  let now = 0;
  let wall = 1e12;
  const watch = (): LeaseWatch => new LeaseWatch(file, () => now, () => wall, 10_000); // prettier-ignore
  const touch = (seconds: number): void => fs.utimesSync(file, seconds, seconds);

  it('is stale when it was seen unchanged for three minutes, whatever its clock says', () => {
    fs.writeFileSync(file, '');
    touch(2e9);
    const lease = watch();
    expect(lease.isStale()).toBe(false);
    now += 179_000;
    expect(lease.isStale()).toBe(false);
    touch(2e9 + 1);
    expect(lease.isStale()).toBe(false);
    now += 179_000;
    expect(lease.isStale()).toBe(false);
    now += 2000;
    expect(lease.isStale()).toBe(true);
  });

  it('of long ago is stale after half a minute', () => {
    wall = 1e12;
    fs.writeFileSync(file, '');
    touch(1e9 - 4000);
    const lease = watch();
    lease.isStale();
    now += 29_000;
    expect(lease.isStale()).toBe(false);
    now += 2000;
    expect(lease.isStale()).toBe(true);
  });

  it('that is not there is stale after three minutes, unless records show life', () => {
    const lease = watch();
    now += 170_000;
    lease.alive();
    now += 170_000;
    expect(lease.isStale()).toBe(false);
    now += 20_000;
    expect(lease.isStale()).toBe(true);
  });
});
