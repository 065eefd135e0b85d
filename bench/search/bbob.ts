/**
 * The 24 noiseless functions of BBOB in their definitions (Hansen, Finck, Ros, Auger: "Real-Parameter Black-Box
 * Optimization Benchmarking 2009: Noiseless Functions Definitions", INRIA RR-6829), every minimum moved to 0. Instances are
 * our own: shift, rotations and peaks come from the key, so values differ from those of the COCO platform.
 */
import { Keyed, rotation, turn } from './keyed.js';

type Vector = Float64Array;
export interface Instance {
  d: number;
  optimum: Vector;
  f(x: ArrayLike<number>): number;
}
export interface InstanceOptions {
  /** Moves the optimum to where it may be, such as to a grid. Ignored by functions whose optimum is of a fixed form. */
  place?(optimum: Vector): void;
}

const exponent = (i: number, d: number): number => (d === 1 ? 0 : i / (d - 1));
/** T_osz: small bumps, the same order of values. */
function oscillate(x: number): number {
  if (x === 0) return 0;
  const log = Math.log(Math.abs(x));
  const [a, b] = x > 0 ? [10, 7.9] : [5.5, 3.1];
  return Math.sign(x) * Math.exp(log + 0.049 * (Math.sin(a * log) + Math.sin(b * log)));
}
/** T_asy: one side stretched. */
const skew = (z: Vector, beta: number): Vector =>
  z.map((v, i) => (v > 0 ? v ** (1 + beta * exponent(i, z.length) * Math.sqrt(v)) : v));
/** Λ: condition number alpha (in squares). */
const stretch = (z: Vector, alpha: number): Vector => z.map((v, i) => v * alpha ** (0.5 * exponent(i, z.length)));
/** Quadratic from the border of [-5, 5] on. */
const penalty = (x: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += Math.max(0, Math.abs(x[i]!) - 5) ** 2;
  return sum;
};
const sum = (z: Vector, term: (v: number, i: number) => number): number => {
  let total = 0;
  for (let i = 0; i < z.length; i++) total += term(z[i]!, i);
  return total;
};
const rosenbrock = (z: Vector): number =>
  sum(z.subarray(0, z.length - 1), (v, i) => 100 * (v * v - z[i + 1]!) ** 2 + (v - 1) ** 2);
const rastrigin = (z: Vector): number =>
  10 * (z.length - sum(z, (v) => Math.cos(2 * Math.PI * v))) + sum(z, (v) => v * v);
const ellipsoid = (z: Vector, power: number): number => sum(z, (v, i) => 10 ** (power * exponent(i, z.length)) * v * v);

export function bbob(number: number, d: number, key: string, options: InstanceOptions = {}): Instance {
  const random = new Keyed(`bbob ${number} ${d} ${key}`);
  const optimum = Float64Array.from({ length: d }, () => random.uniform(-4, 4));
  const signs = Float64Array.from({ length: d }, () => (random.next() < 0.5 ? -1 : 1));
  const [R, Q] = [rotation(random, d), rotation(random, d)];
  options.place?.(optimum);
  const from = (x: ArrayLike<number>): Vector => optimum.map((o, i) => x[i]! - o);
  const turned = (x: ArrayLike<number>): Vector => turn(R, from(x));
  const instance = (f: Instance['f'], at: Vector = optimum): Instance => ({ d, optimum: at, f });
  const scale = Math.max(1, Math.sqrt(d) / 8);
  switch (number) {
    case 1:
      return instance((x) => sum(from(x), (v) => v * v));
    case 2:
      return instance((x) => ellipsoid(from(x).map(oscillate), 6));
    case 3:
      return instance((x) => rastrigin(stretch(skew(from(x).map(oscillate), 0.2), 10)));
    case 4: {
      for (let i = 0; i < d; i += 2) optimum[i] = Math.abs(optimum[i]!);
      return instance((x) => {
        const z = from(x).map(oscillate);
        const s = z.map((v, i) => v * 10 ** (0.5 * exponent(i, d)) * (v > 0 && i % 2 === 0 ? 10 : 1));
        return rastrigin(s) + 100 * penalty(x);
      });
    }
    case 5: {
      const at = signs.map((v) => v * 5);
      return instance((x) => {
        const z = at.map((o, i) => (o * x[i]! < 25 ? x[i]! : o));
        return sum(z, (v, i) => 10 ** exponent(i, d) * (5 - signs[i]! * v));
      }, at);
    }
    case 6:
      return instance((x) => {
        const z = turn(Q, stretch(turned(x), 10));
        return oscillate(sum(z, (v, i) => ((v * optimum[i]! > 0 ? 100 : 1) * v) ** 2)) ** 0.9;
      });
    case 7:
      return instance((x) => {
        const hat = stretch(turned(x), 10);
        const z = turn(
          Q,
          hat.map((v) => (Math.abs(v) > 0.5 ? Math.floor(0.5 + v) : Math.floor(0.5 + 10 * v) / 10)),
        );
        return 0.1 * Math.max(Math.abs(hat[0]!) / 1e4, ellipsoid(z, 2)) + penalty(x);
      });
    case 8: {
      const at = options.place ? optimum : optimum.map((v) => v * 0.75);
      return instance((x) => rosenbrock(at.map((o, i) => scale * (x[i]! - o) + 1)), at);
    }
    case 9:
    case 19: {
      const columns = R.map((_, i) => Float64Array.from(R, (row) => row[i]!));
      const at = turn(columns, new Float64Array(d).fill(0.5 / scale));
      const place = (x: ArrayLike<number>): Vector => turn(R, x).map((v) => scale * v + 0.5);
      if (number === 9) return instance((x) => rosenbrock(place(x)), at);
      return instance((x) => {
        const z = place(x);
        const terms = sum(z.subarray(0, d - 1), (v, i) => {
          const s = 100 * (v * v - z[i + 1]!) ** 2 + (v - 1) ** 2;
          return s / 4000 - Math.cos(s);
        });
        return (10 / (d - 1)) * terms + 10;
      }, at);
    }
    case 10:
      return instance((x) => ellipsoid(turned(x).map(oscillate), 6));
    case 11:
      return instance((x) => sum(turned(x).map(oscillate), (v, i) => (i === 0 ? 1e6 : 1) * v * v));
    case 12:
      return instance((x) => sum(turn(R, skew(turned(x), 0.5)), (v, i) => (i === 0 ? 1 : 1e6) * v * v));
    case 13:
      return instance((x) => {
        const z = turn(Q, stretch(turned(x), 10));
        return z[0]! ** 2 + 100 * Math.sqrt(sum(z, (v, i) => (i === 0 ? 0 : v * v)));
      });
    case 14:
      return instance((x) => Math.sqrt(sum(turned(x), (v, i) => Math.abs(v) ** (2 + 4 * exponent(i, d)))));
    case 15:
      return instance((x) => rastrigin(turn(R, stretch(turn(Q, skew(turned(x).map(oscillate), 0.2)), 10))));
    case 16: {
      let least = 0;
      for (let k = 0; k < 12; k++) least += 0.5 ** k * Math.cos(Math.PI * 3 ** k);
      return instance((x) => {
        const z = turn(R, stretch(turn(Q, turned(x).map(oscillate)), 0.01));
        const waves = sum(z, (v) => {
          let total = 0;
          for (let k = 0; k < 12; k++) total += 0.5 ** k * Math.cos(2 * Math.PI * 3 ** k * (v + 0.5));
          return total;
        });
        return 10 * Math.max(0, waves / d - least) ** 3 + (10 / d) * penalty(x);
      });
    }
    case 17:
    case 18:
      return instance((x) => {
        const z = stretch(turn(Q, skew(turned(x), 0.5)), number === 17 ? 10 : 1000);
        const mean =
          sum(z.subarray(0, d - 1), (v, i) => {
            const s = Math.hypot(v, z[i + 1]!);
            return Math.sqrt(s) * (1 + Math.sin(50 * s ** 0.2) ** 2);
          }) /
          (d - 1);
        return mean ** 2 + 10 * penalty(x);
      });
    case 20: {
      const size = 4.2096874637;
      const at = signs.map((v) => (v * size) / 2);
      return instance((x) => {
        const hat = signs.map((s, i) => 2 * s * x[i]!);
        const shifted = hat.map((v, i) => v - size + (i === 0 ? 0 : 0.25 * (hat[i - 1]! - size)));
        const z = stretch(shifted, 10).map((v) => 100 * (v + size));
        const waves = sum(z, (v) => v * Math.sin(Math.sqrt(Math.abs(v)))) / (100 * d);
        return Math.max(0, 4.189828872724339 - waves) + 100 * penalty(z.map((v) => v / 100));
      }, at);
    }
    case 21:
    case 22:
      return gallagher(number === 21 ? 101 : 21, d, random, R);
    case 23:
      return instance((x) => {
        const z = turn(Q, stretch(turned(x), 100));
        let product = 1;
        for (let i = 0; i < d; i++) {
          let rough = 0;
          for (let j = 1; j <= 32; j++) rough += Math.abs(2 ** j * z[i]! - Math.round(2 ** j * z[i]!)) / 2 ** j;
          product *= (1 + (i + 1) * rough) ** (10 / d ** 1.2);
        }
        return (10 / d ** 2) * (product - 1) + penalty(x);
      });
    case 24: {
      const mu = 2.5;
      const s = 1 - 1 / (2 * Math.sqrt(d + 20) - 8.2);
      const other = -Math.sqrt((mu * mu - 1) / s);
      return instance(
        (x) => {
          const hat = signs.map((v, i) => 2 * v * x[i]!);
          const z = turn(
            Q,
            stretch(
              turn(
                R,
                hat.map((v) => v - mu),
              ),
              100,
            ),
          );
          const bowl = Math.min(
            sum(hat, (v) => (v - mu) ** 2),
            d + s * sum(hat, (v) => (v - other) ** 2),
          );
          return bowl + 10 * (d - sum(z, (v) => Math.cos(2 * Math.PI * v))) + 1e4 * penalty(x);
        },
        signs.map((v) => (v * mu) / 2),
      );
    }
    default:
      throw new Error(`there is no BBOB function ${number}`);
  }
}

function gallagher(peaks: number, d: number, random: Keyed, R: readonly Vector[]): Instance {
  const [border, first] = peaks === 101 ? [5, 1000] : [4.9, 1000 ** 2];
  const conditions = random.shuffle(Array.from({ length: peaks - 1 }, (_, j) => 1000 ** ((2 * j) / (peaks - 2))));
  const all = Array.from({ length: peaks }, (_, p) => {
    const alpha = p === 0 ? first : conditions[p - 1]!;
    const order = random.shuffle(Array.from({ length: d }, (_, i) => i));
    return {
      at: Float64Array.from({ length: d }, () => random.uniform(-border, border) * (p === 0 ? 0.8 : 1)),
      height: p === 0 ? 10 : 1.1 + (8 * (p - 1)) / (peaks - 2),
      c: Float64Array.from(order, (i) => alpha ** (0.5 * exponent(i, d)) / alpha ** 0.25),
    };
  });
  const turned = all.map(({ at }) => turn(R, at));
  return {
    d,
    optimum: all[0]!.at,
    f(x) {
      const z = turn(R, x);
      let highest = 0;
      for (const [p, { height, c }] of all.entries()) {
        const at = turned[p]!;
        let square = 0;
        for (let i = 0; i < d; i++) square += c[i]! * (z[i]! - at[i]!) ** 2;
        highest = Math.max(highest, height * Math.exp(-square / (2 * d)));
      }
      return oscillate(10 - highest) ** 2 + penalty(x);
    },
  };
}
