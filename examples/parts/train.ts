// Two spirals, learned with the trainer's layers, optimizer, schedule and metrics, and a loss of our own: the focal loss of
// Lin et al. (ICCV 2017), −(1 − p)^γ·log p. `tunesmith types` writes the types of this import for the editor.
import {
  batches,
  evaluate,
  makeData,
  network,
  optimizer,
  schedule,
  startBackend,
  tf,
  type Data,
  type Run,
} from 'tunesmith/training';

export default async function train(run: Run): Promise<void> {
  const epochs = run.params.number('epochs');
  const lr = run.params.number('lr');
  const gamma = run.params.number('gamma');

  await startBackend();
  const data = spirals(600);
  const units = run.params.number('units');
  const net = network(
    [{ dense: { units, activation: 'tanh' } }, { dense: { units, activation: 'tanh' } }, { dense: 2 }],
    data,
    { seed: run.seed },
  );
  const steps = optimizer({ name: 'adam', learningRate: lr }, net, { clip: { norm: 1 } });
  const rate = schedule({ name: 'cosine', warmup: 2 }, epochs);

  let step = 0;
  for (let epoch = 0; epoch < epochs && !run.stopRequested; epoch++) {
    for await (const batch of batches(data, 'train', { size: 32, seed: run.seed + epoch })) {
      steps.learningRate = lr * rate.at(epoch + (step % 15) / 15);
      const loss = await steps.minimize(() => {
        const logits = net.forward(batch.inputs, { training: true });
        const right = tf.sum(tf.mul(tf.softmax(logits), batch.targets), 1);
        return tf.mean(tf.mul(tf.pow(tf.sub(1, right), gamma), tf.neg(tf.log(tf.add(right, 1e-7)))));
      });
      run.log({ loss }, { step: ++step, epoch: epoch + 1 });
    }
    const judged = await evaluate(net, 'crossEntropy', data);
    run.log({ 'val/accuracy': judged.accuracy!, 'val/loss': judged.loss! }, { step, epoch: epoch + 1 });
    run.progress((epoch + 1) / epochs, `epoch ${epoch + 1}/${epochs}`);
    // Lets messages of the person (stop, pause) in.
    await new Promise((resolve) => setTimeout(resolve));
  }
}

/** Points on two arms that wind around each other. */
function spirals(count: number): Data {
  const inputs: number[] = [];
  const targets: number[] = [];
  for (let i = 0; i < count; i++) {
    const arm = i % 2;
    const turn = 0.5 + (2 * Math.PI * i) / count;
    // Sines of large steps stand in for noise: the same points every time.
    const off = 0.05 * Math.sin(i * 12.9898);
    const angle = turn + Math.PI * arm;
    inputs.push((turn / 3) * Math.cos(angle) + off, (turn / 3) * Math.sin(angle) - off);
    targets.push(arm);
  }
  return makeData({ name: 'spirals', inputs, targets, inputShape: [2], classes: ['one', 'two'] });
}
