/** The PLY format: a header in plain text, then the elements that it names, as text or as bytes. */
import { MOST_FACES, MOST_POINTS, type Scene } from './types.js';

interface Property {
  name: string;
  type: string;
  /** Type of the length of a list; null: one value. */
  length: string | null;
}
interface Element {
  name: string;
  count: number;
  properties: Property[];
}

const SIZES: Record<string, number> = {
  ...{ char: 1, uchar: 1, int8: 1, uint8: 1, short: 2, ushort: 2, int16: 2, uint16: 2 },
  ...{ int: 4, uint: 4, int32: 4, uint32: 4, float: 4, float32: 4, double: 8, float64: 8 },
};
const MOST_HEADER = 64 * 1024;
/** Vertices of one face. */
const MOST_CORNERS = 255;

/** Throws when the file is none, or is cut off. */
export function readPly(bytes: Uint8Array): Scene {
  const head = new TextDecoder('latin1').decode(bytes.subarray(0, MOST_HEADER));
  const end = /\nend_header\r?\n/.exec(head);
  if (!/^ply\r?\n/.test(head) || !end) throw new SyntaxError('no PLY file');
  const lines = head.slice(0, end.index).split(/\r?\n/);
  const format = lines.find((line) => line.startsWith('format '))?.split(' ')[1];
  const body = bytes.subarray(end.index + end[0].length);
  const source = format === 'ascii' ? new TextSource(body) : new ByteSource(body, format !== 'binary_big_endian');
  const builder = new Builder();
  for (const element of elementsOf(lines)) {
    for (let i = 0; i < element.count; i++) builder.take(element, source);
  }
  const total = Number(/^comment points (\d+)$/m.exec(lines.join('\n'))?.[1]);
  return builder.scene(total);
}

function elementsOf(lines: readonly string[]): Element[] {
  const elements: Element[] = [];
  for (const line of lines) {
    const [word, ...rest] = line.trim().split(/\s+/);
    if (word === 'element') {
      const count = Number(rest[1]);
      const most = rest[0] === 'vertex' ? MOST_POINTS : MOST_FACES;
      if (!Number.isInteger(count) || count < 0 || count > most) throw new RangeError('too many elements');
      elements.push({ name: rest[0] ?? '', count, properties: [] });
    } else if (word === 'property') {
      const isList = rest[0] === 'list';
      const [length, type, name] = isList ? rest.slice(1) : [null, rest[0], rest[1]];
      if (!type || !name || !SIZES[type] || (isList && !SIZES[length ?? ''])) throw new SyntaxError('unknown property');
      elements.at(-1)?.properties.push({ name, type, length: length ?? null });
    }
  }
  return elements;
}

interface Source {
  next(type: string): number;
}

class ByteSource implements Source {
  private at = 0;
  private readonly view: DataView;

  constructor(
    bytes: Uint8Array,
    private readonly isLittle: boolean,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  next(type: string): number {
    const { view, at, isLittle } = this;
    this.at += SIZES[type]!;
    switch (type) {
      case 'char':
      case 'int8':
        return view.getInt8(at);
      case 'uchar':
      case 'uint8':
        return view.getUint8(at);
      case 'short':
      case 'int16':
        return view.getInt16(at, isLittle);
      case 'ushort':
      case 'uint16':
        return view.getUint16(at, isLittle);
      case 'int':
      case 'int32':
        return view.getInt32(at, isLittle);
      case 'uint':
      case 'uint32':
        return view.getUint32(at, isLittle);
      case 'float':
      case 'float32':
        return view.getFloat32(at, isLittle);
      default:
        return view.getFloat64(at, isLittle);
    }
  }
}

class TextSource implements Source {
  private at = 0;
  private readonly text: string;

  constructor(bytes: Uint8Array) {
    this.text = new TextDecoder('latin1').decode(bytes);
  }

  next(): number {
    const word = /\s*(\S+)/y;
    word.lastIndex = this.at;
    const found = word.exec(this.text);
    if (!found) throw new SyntaxError('cut off');
    this.at = word.lastIndex;
    return Number(found[1]);
  }
}

/** Takes the elements that are drawn, and passes over the others. */
class Builder {
  private readonly places: number[] = [];
  private readonly colors: number[] = [];
  private readonly faces: number[] = [];
  private readonly edges: number[] = [];

  take({ name, properties }: Element, source: Source): void {
    const values: Record<string, number> = {};
    for (const { name: property, type, length } of properties) {
      if (length === null) values[`_${property}`] = source.next(type) * scaleOf(property, type);
      else this.list(name, property, type, source.next(length), source);
    }
    if (name === 'vertex') {
      this.places.push(values._x ?? 0, values._y ?? 0, values._z ?? 0);
      if ('_red' in values) this.colors.push(values._red!, values._green ?? 0, values._blue ?? 0);
    } else if (name === 'edge') this.edges.push(values._vertex1 ?? -1, values._vertex2 ?? -1);
  }

  private list(element: string, property: string, type: string, count: number, source: Source): void {
    if (!Number.isInteger(count) || count < 0 || count > MOST_CORNERS) throw new RangeError('too many corners');
    const corners = Array.from({ length: count }, () => source.next(type));
    if (element !== 'face' || !/^vertex_ind(?:ex|ices)$/.test(property)) return;
    for (let i = 2; i < count; i++) this.faces.push(corners[0]!, corners[i - 1]!, corners[i]!);
  }

  scene(total: number): Scene {
    const count = this.places.length / 3;
    return {
      places: Float32Array.from(this.places),
      colors: this.colors.length === this.places.length && count > 0 ? Uint8Array.from(this.colors) : null,
      faces: Uint32Array.from(this.faces),
      edges: Uint32Array.from(this.edges),
      total: Number.isSafeInteger(total) && total >= count ? total : count,
    };
  }
}

/** Colours that are fractions. */
const scaleOf = (property: string, type: string): number =>
  /^(?:red|green|blue)$/.test(property) && (type.startsWith('float') || type.startsWith('double')) ? 255 : 1;
