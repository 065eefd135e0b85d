import { describe, expect, it } from 'vitest';
import {
  crowdingDistances,
  dominates,
  hypervolume,
  hypervolumeContributions,
  nonDominatedRanks,
  nonDominatedSort,
  paretoFront,
  referencePoints,
} from '../../../../src/search/pareto/index.js';
import { createRandom } from '../../../../src/search/maths/random.js';

const random = createRandom(5);
/** Draws points on a coarse lattice, so that equal values and equal points occur. */
const cloud = (n: number, objectives: number, lattice: number) =>
  Array.from({ length: n }, () => Array.from({ length: objectives }, () => random.int(lattice) / lattice));

function bruteRanks(points: number[][]): number[] {
  const ranks = points.map(() => -1);
  for (let rank = 0; ranks.includes(-1); rank++) {
    const left = points.flatMap((_, i) => (ranks[i] === -1 ? [i] : []));
    for (const i of left.filter((i) => !left.some((j) => dominates(points[j]!, points[i]!)))) ranks[i] = rank;
  }
  return ranks;
}

/** Counts the dominated cells of the lattice. */
function bruteVolume(points: number[][], lattice: number): number {
  const objectives = points[0]!.length;
  let count = 0;
  const cell = new Array<number>(objectives).fill(0);
  const walk = (k: number): void => {
    if (k === objectives) {
      if (points.some((point) => point.every((x, d) => x * lattice <= cell[d]! + 1e-9))) count++;
      return;
    }
    for (cell[k] = 0; cell[k]! < lattice; cell[k]!++) walk(k + 1);
  };
  walk(0);
  return count / lattice ** objectives;
}

describe('sorting into fronts', () => {
  it.each([1, 2, 3, 4, 6])('agrees with brute force for %i objectives', (objectives) => {
    for (let round = 0; round < 40; round++) {
      const points = cloud(1 + random.int(40), objectives, 2 + random.int(30));
      const ranks = bruteRanks(points);
      expect([...nonDominatedRanks(points)]).toEqual(ranks);
      expect(paretoFront(points)).toEqual(ranks.flatMap((rank, i) => (rank === 0 ? [i] : [])));
      expect(nonDominatedSort(points).flat().length).toBe(points.length);
    }
  });

  it('copes with NaN, infinite values and an empty list', () => {
    expect(nonDominatedSort([])).toEqual([]);
    expect(paretoFront([])).toEqual([]);
    const odd = [
      [NaN, 0],
      [Infinity, 0],
      [1, -Infinity],
      [NaN, NaN],
    ];
    expect([...nonDominatedRanks(odd)]).toEqual([1, 1, 0, 2]);
  });
});

describe('hypervolume', () => {
  it.each([
    [1, 30],
    [2, 20],
    [3, 10],
    [4, 6],
    [5, 4],
  ])('agrees with counting for %i objectives', (objectives, lattice) => {
    const reference = new Array<number>(objectives).fill(1);
    for (let round = 0; round < 25; round++) {
      const points = cloud(1 + random.int(14), objectives, lattice);
      const all = bruteVolume(points, lattice);
      expect(hypervolume(points, reference)).toBeCloseTo(all, 10);
      const contributions = hypervolumeContributions(points, reference);
      for (const [i, share] of contributions.entries()) {
        const others = points.filter((_, j) => j !== i);
        expect(share).toBeCloseTo(all - (others.length ? bruteVolume(others, lattice) : 0), 10);
      }
    }
  });

  it('has the known values of continuous fronts', () => {
    const many = Array.from({ length: 20_001 }, (_, i) => i / 20_000);
    const zdt1 = many.map((x) => [x, 1 - Math.sqrt(x)]);
    const zdt2 = many.map((x) => [x, 1 - x * x]);
    expect(hypervolume(zdt1, [1, 1])).toBeCloseTo(2 / 3, 3);
    expect(hypervolume(zdt2, [1, 1])).toBeCloseTo(1 / 3, 3);
    // DTLZ2: the unit sphere's octant; DTLZ1: the plane.
    const plane = referencePoints(3, 60);
    const sphere = plane.map((w) => w.map((x) => x / Math.hypot(...w)));
    expect(Math.abs(hypervolume(sphere, [1, 1, 1]) - (1 - Math.PI / 6))).toBeLessThan(0.02);
    const half = plane.map((w) => w.map((x) => x / 2));
    expect(Math.abs(hypervolume(half, [0.5, 0.5, 0.5]) - (5 / 6) * 0.125)).toBeLessThan(0.004);
  });

  it('counts only what is below the reference', () => {
    expect(hypervolume([], [1, 1])).toBe(0);
    expect(hypervolume([[1, 0]], [1, 1])).toBe(0);
    expect(hypervolume([[NaN, 0]], [1, 1])).toBe(0);
    expect(hypervolume([[-Infinity, 0]], [1, 1])).toBe(Infinity);
    expect([...hypervolumeContributions([[2, 0]], [1, 1])]).toEqual([0]);
    const twice = [
      [0.5, 0.5],
      [0.5, 0.5],
    ];
    expect([...hypervolumeContributions(twice, [1, 1])]).toEqual([0, 0]);
  });
});

describe('crowding distance', () => {
  it('is the neighbours’ distance in each objective, and infinite at the ends', () => {
    const front = [
      [0, 10],
      [4, 3],
      [1, 6],
      [10, 0],
    ];
    expect([...crowdingDistances(front)].map((x) => Math.round(x * 100) / 100)).toEqual([Infinity, 1.5, 1.1, Infinity]);
  });
  it('copes with objectives without extent', () => {
    expect([...crowdingDistances([[1, 1]])]).toEqual([0]);
    const flat = [
      [1, 1],
      [1, 1],
      [1, 1],
    ];
    expect([...crowdingDistances(flat)]).toEqual([0, 0, 0]);
    expect([...crowdingDistances([[Infinity], [0], [1]])].some(Number.isNaN)).toBe(false);
  });
});

describe('reference points', () => {
  // Deb & Jain (2014), table I.
  it.each([
    [3, 12, 0, 91],
    [5, 6, 0, 210],
    [8, 3, 2, 156],
    [10, 3, 2, 275],
    [15, 2, 1, 135],
  ])('have the published number: %i objectives, %i and %i divisions', (objectives, divisions, inner, count) => {
    const points = referencePoints(objectives, divisions, inner);
    expect(points.length).toBe(count);
    for (const point of points) expect(point.reduce((sum, x) => sum + x, 0)).toBeCloseTo(1, 12);
    expect(new Set(points.map((point) => point.join())).size).toBe(count);
  });
});
