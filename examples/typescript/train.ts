// Logistic regression by stochastic gradient descent on two overlapping clouds of points.
// Tunesmith calls the default export with the run; nothing needs to be imported.

interface Run {
  params: { number(name: string): number };
  seed: number;
  stopRequested: boolean;
  log(values: Record<string, number>, at?: { step?: number; epoch?: number }): void;
  progress(fraction: number, text?: string): void;
}

export default async function train(run: Run): Promise<void> {
  const lr = run.params.number('lr');
  const l2 = run.params.number('l2');
  const epochs = run.params.number('epochs');
  const random = generator(run.seed);
  const [training, validation] = [clouds(400, random), clouds(400, random)];
  const weights = [0, 0, 0];
  let step = 0;
  for (let epoch = 1; epoch <= epochs && !run.stopRequested; epoch++) {
    for (const { x, label } of training) {
      const error = predict(weights, x) - label;
      weights.forEach((weight, i) => (weights[i] = weight - lr * (error * x[i]! + l2 * weight)));
      if (step++ % 20 === 0) run.log({ 'train/loss': loss(weights, training) }, { step });
    }
    run.log({ 'val/loss': loss(weights, validation), 'val/accuracy': accuracy(weights, validation) }, { step, epoch });
    run.progress(epoch / epochs, `epoch ${epoch}/${epochs}`);
    // Lets messages of the person (stop, pause) in.
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

type Point = { x: [number, number, 1]; label: 0 | 1 };

function clouds(count: number, random: () => number): Point[] {
  return Array.from({ length: count }, (_, i) => {
    const label = (i % 2) as 0 | 1;
    return { x: [normal(random) + 1.5 * label, normal(random) - label, 1], label };
  });
}

const predict = (weights: number[], x: number[]): number =>
  1 / (1 + Math.exp(-x.reduce((sum, value, i) => sum + value * weights[i]!, 0)));

const loss = (weights: number[], points: Point[]): number =>
  points.reduce((sum, { x, label }) => {
    const p = Math.min(1 - 1e-12, Math.max(1e-12, predict(weights, x)));
    return sum - (label ? Math.log(p) : Math.log(1 - p));
  }, 0) / points.length;

const accuracy = (weights: number[], points: Point[]): number =>
  points.filter(({ x, label }) => (predict(weights, x) > 0.5 ? 1 : 0) === label).length / points.length;

/** Mulberry32: numbers in [0, 1) that depend on the seed alone. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const normal = (random: () => number): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
