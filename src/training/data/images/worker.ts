/** Worker thread that decodes images for a training. */
import { parentPort, workerData } from 'node:worker_threads';
import { TrainingError, messageOf } from '../../errors.js';
import { OwnDecoder, type Answer, type DecodeSettings, type Wanted } from './decoder.js';

const decoder = new OwnDecoder(workerData as DecodeSettings);
const port = parentPort!;

port.on('message', ({ id, file }: Wanted) => {
  decoder.read(file).then(
    (values) => {
      // The buffer is transferred, so it must not be shared.
      const own = values.byteLength === values.buffer.byteLength ? values : values.slice();
      port.postMessage({ id, values: own } satisfies Answer, [own.buffer as ArrayBuffer]);
    },
    (error: unknown) => {
      const said = error instanceof TrainingError ? error.said : null;
      port.postMessage({ id, error: messageOf(error), said } satisfies Answer);
    },
  );
});
