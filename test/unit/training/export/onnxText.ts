/** Prints an ONNX file's operations in order, for people. Written from onnx.proto3, independently of the writer. */

type Value = number | bigint | Buffer;

function fieldsOf(message: Buffer): [field: number, value: Value][] {
  const fields: [number, Value][] = [];
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = message[at++]!;
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return BigInt.asIntN(64, value);
    }
  };
  while (at < message.length) {
    const key = Number(varint());
    const type = key & 7;
    if (type === 0) fields.push([key >> 3, varint()]);
    else if (type === 5) {
      fields.push([key >> 3, message.readFloatLE(at)]);
      at += 4;
    } else if (type === 2) {
      const length = Number(varint());
      fields.push([key >> 3, message.subarray(at, at + length)]);
      at += length;
    } else throw new Error(`type ${type}`);
  }
  return fields;
}

const all = (message: Buffer, field: number): Value[] =>
  fieldsOf(message).flatMap(([key, value]) => (key === field ? [value] : []));
const text = (message: Buffer, field: number): string => String(all(message, field)[0] ?? '');

function attributeText(attribute: Buffer, indent: string): string {
  const name = text(attribute, 1);
  const kind = Number(all(attribute, 20)[0]);
  if (kind === 5) return `${name}={\n${graphText(all(attribute, 6)[0] as Buffer, `${indent}  `)}${indent}}`;
  const value =
    kind === 1
      ? (all(attribute, 2)[0] as number).toPrecision(4)
      : kind === 2
        ? all(attribute, 3)[0]
        : all(attribute, 8).join('×');
  return `${name}=${String(value)}`;
}

function infoText(info: Buffer): string {
  const tensor = all(all(info, 2)[0] as Buffer, 1)[0] as Buffer;
  const dimensions = all(all(tensor, 2)[0] as Buffer, 1) as Buffer[];
  return `${text(info, 1)} ${dimensions.map((one) => text(one, 2) || String(all(one, 1)[0])).join('×')}`;
}

function graphText(graph: Buffer, indent: string): string {
  const lines = [
    ...(all(graph, 11) as Buffer[]).map((info) => `input ${infoText(info)}`),
    ...(all(graph, 5) as Buffer[]).map((tensor) => `constant ${text(tensor, 8)} ${all(tensor, 1).join('×')}`),
    ...(all(graph, 1) as Buffer[]).map((node) => {
      const attributes = (all(node, 5) as Buffer[]).map((one) => attributeText(one, indent)).join(' ');
      return `${all(node, 2).join(', ')} = ${text(node, 4)}(${all(node, 1).join(', ')}) ${attributes}`.trimEnd();
    }),
    ...(all(graph, 12) as Buffer[]).map((info) => `output ${infoText(info)}`),
  ];
  return lines.map((line) => `${indent}${line}\n`).join('');
}

export function describeOnnx(model: Buffer): string {
  const facts = (all(model, 14) as Buffer[]).map((one) => `${text(one, 1)}: ${text(one, 2)}\n`).join('');
  return `${facts}${graphText(all(model, 7)[0] as Buffer, '')}`;
}
