/** Hyperparameters as TensorBoard's hparams plugin writes them (tensorboard/plugins/hparams, plugin_data.proto). */
import type { Params, ParamValue } from '../../protocol/values/index.js';
import { setEntry } from '../../protocol/values/records.js';
import { BYTES, FIXED64, Fields, VARINT, WireError } from '../../protocol/values/protobuf.js';
import type { Sink } from '../types.js';

const MOST_PARAMS = 2000;
const DEEPEST = 16;
/** Status of tensorboard/plugins/hparams/api.proto. */
const SUCCESS = 1;
const FAILURE = 2;

/** Emits the contents of HParamsPluginData. Throws WireError. */
export function readHparams(content: Buffer | null, sink: Sink): void {
  if (!content) return;
  const fields = new Fields(content);
  while (fields.next()) {
    if (fields.number === 3) sessionStart(fields.message(), sink);
    else if (fields.number === 4) sessionEnd(fields.message(), sink);
    else fields.skip();
  }
}

function sessionStart(fields: Fields, sink: Sink): void {
  const params: Params = {};
  let count = 0;
  while (fields.next()) {
    if (fields.number === 1 && fields.wire === BYTES) {
      const entry = fields.message();
      let name = '';
      let value: ParamValue = null;
      while (entry.next()) {
        if (entry.number === 1) name = entry.text();
        else if (entry.number === 2) value = readValue(entry.message(), 0);
        else entry.skip();
      }
      if (name === '' || ++count > MOST_PARAMS) continue;
      // Every number is a double there, also one that was an integer.
      setEntry(params, name, value);
    } else if (fields.number === 5 && fields.wire === FIXED64) {
      const start = fields.double() * 1000;
      if (start > 0 && start < 8.64e15) sink.facts({ createdAt: start });
    } else fields.skip();
  }
  if (count > 0) sink.params(params);
}

function sessionEnd(fields: Fields, sink: Sink): void {
  while (fields.next()) {
    if (fields.number === 1 && fields.wire === VARINT) {
      const status = fields.varint();
      if (status === SUCCESS) sink.facts({ status: 'completed' });
      else if (status === FAILURE) sink.facts({ status: 'failed' });
    } else fields.skip();
  }
}

/** A google.protobuf.Value. */
function readValue(fields: Fields, depth: number): ParamValue {
  if (depth > DEEPEST) throw new WireError('nested too deep');
  let value: ParamValue = null;
  while (fields.next()) {
    if (fields.number === 2 && fields.wire === FIXED64) {
      const number = fields.double();
      value = Number.isFinite(number) ? number : String(number);
    } else if (fields.number === 3) value = fields.text();
    else if (fields.number === 4 && fields.wire === VARINT) value = fields.varint() !== 0;
    else if (fields.number === 6) {
      const list = fields.message();
      const items: ParamValue[] = [];
      while (list.next()) {
        if (list.number === 1 && list.wire === BYTES) items.push(readValue(list.message(), depth + 1));
        else list.skip();
      }
      value = items;
    } else fields.skip();
  }
  return value;
}
