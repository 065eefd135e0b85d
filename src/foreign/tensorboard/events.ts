/** Events of TensorFlow's event.proto and summary.proto, as far as they are shown. */
import { GRAPH_MIME, PLOT_MIME } from '../../protocol/run/mimes.js';
import { BYTES, FIXED32, FIXED64, VARINT, type Fields } from '../../protocol/values/protobuf.js';
import type { Sink } from '../types.js';
import { readGraph } from './graph.js';
import { readHparams } from './hparams.js';
import { histogramOf, imageMime, media, oldHistogram, prCurveOf } from './media.js';
import { Meshes } from './mesh.js';
import { readTensor } from './tensor.js';

/** Tags whose plugin is remembered: writers name it in the first event of a tag only. */
const MOST_TAGS = 20_000;
const LONGEST_TAG = 4096;

/** Reads events and emits their contents. One reader for each event file. */
export class EventReader {
  private readonly names = new Map<string, string>();
  private readonly meshes = new Meshes();
  private step = 0;
  private time = NaN;

  constructor(
    private readonly sink: Sink,
    /** By tag; kept between readings. */
    private readonly plugins: Map<string, string>,
    private readonly prefix = '',
  ) {}

  /** Milliseconds since the epoch of the first and the newest event; NaN before the first. */
  oldest = NaN;
  newest = NaN;

  /** Throws WireError. Earlier contents of the same event have been emitted. */
  event(fields: Fields): void {
    this.step = 0;
    this.time = NaN;
    let from = -1;
    let to = -1;
    let graph: Fields | null = null;
    while (fields.next()) {
      if (fields.number === 1 && fields.wire === FIXED64) this.time = fields.double() * 1000;
      else if (fields.number === 2 && fields.wire === VARINT) this.step = fields.varint();
      else if (fields.number === 5) {
        fields.bytes();
        from = fields.start;
        to = fields.end;
      } else if (fields.number === 4 && fields.wire === BYTES) graph = fields.message();
      else fields.skip();
    }
    if (!Number.isFinite(this.time) || Math.abs(this.time) > 8.64e15) this.time = NaN;
    else {
      this.newest = this.time;
      if (Number.isNaN(this.oldest)) this.oldest = this.time;
    }
    if (graph) this.graph(graph);
    if (from >= 0) this.summary(fields.reset(from, to));
  }

  private graph(fields: Fields): void {
    const graph = readGraph(fields);
    if (!graph) return;
    const bytes = Buffer.from(JSON.stringify(graph));
    this.sink.media({ name: `${this.prefix}graph`, step: this.step, time: this.time, mime: GRAPH_MIME, bytes });
  }

  private summary(fields: Fields): void {
    const end = fields.limit;
    while (fields.next()) {
      if (fields.number !== 1) {
        fields.skip();
        continue;
      }
      fields.bytes();
      const { at } = fields;
      this.value(fields.reset(fields.start, fields.end));
      fields.reset(at, end);
    }
    this.meshes.flush(this.sink, this.step, this.time);
  }

  private value(fields: Fields): void {
    let tag = '';
    let scalar: number | null = null;
    let plugin: string | null = null;
    let content: Buffer | null = null;
    let big: { kind: number; start: number; end: number } | null = null;
    while (fields.next()) {
      if (fields.number === 1) tag = this.name(fields);
      else if (fields.number === 2 && fields.wire === FIXED32) scalar = fields.float();
      else if (fields.number === 9) [plugin, content] = pluginOf(fields.message());
      else if (fields.number === 4 || fields.number === 5 || fields.number === 6 || fields.number === 8) {
        fields.bytes();
        big = { kind: fields.number, start: fields.start, end: fields.end };
      } else fields.skip();
    }
    if (plugin !== null && tag !== '' && (this.plugins.has(tag) || this.plugins.size < MOST_TAGS)) {
      this.plugins.set(tag, plugin);
    }
    plugin ??= this.plugins.get(tag) ?? null;
    if (plugin === 'hparams') readHparams(content, this.sink);
    else if (scalar !== null) this.sink.scalar(tag, scalar, this.step, this.time);
    else if (big) this.large(tag, plugin, big.kind, fields.reset(big.start, big.end));
  }

  private large(tag: string, plugin: string | null, kind: number, fields: Fields): void {
    const at = { name: tag, step: this.step, time: this.time };
    if (kind === 4) {
      const bytes = encodedIn(fields, 4);
      if (bytes) this.sink.media({ ...at, mime: imageMime(bytes), bytes });
    } else if (kind === 6) {
      const bytes = encodedIn(fields, 4);
      if (bytes) this.sink.media({ ...at, mime: 'audio/wav', bytes });
    } else if (kind === 5) {
      const bytes = oldHistogram(fields);
      if (bytes) this.sink.media({ ...at, mime: media.histogram, bytes });
    } else this.tensor(at, plugin, fields);
  }

  private tensor(at: { name: string; step: number; time: number }, plugin: string | null, fields: Fields): void {
    const { numbers, strings, shape } = readTensor(fields);
    if (plugin === 'images') {
      // Width and height, then one picture each.
      strings.slice(2).forEach((bytes, i) => {
        const name = strings.length > 3 ? `${at.name}/${i}` : at.name;
        this.sink.media({ ...at, name, mime: imageMime(bytes), bytes });
      });
    } else if (plugin === 'audio') {
      // Pairs of a sound and its label.
      const sounds = strings.filter((_, i) => shape.at(-1) !== 2 || i % 2 === 0);
      for (const bytes of sounds) this.sink.media({ ...at, mime: 'audio/wav', bytes });
    } else if (plugin === 'histograms' || plugin === 'distributions') {
      const bytes = histogramOf(numbers, shape);
      if (bytes) this.sink.media({ ...at, mime: media.histogram, bytes });
    } else if (plugin === 'mesh') {
      this.meshes.take(at.name, numbers, shape);
    } else if (plugin === 'pr_curves') {
      const bytes = prCurveOf(at.name, numbers, shape);
      if (bytes) this.sink.media({ ...at, mime: PLOT_MIME, bytes });
    } else if (strings.length > 0 && (plugin === 'text' || plugin === null)) {
      this.sink.media({ ...at, mime: 'text/plain', bytes: Buffer.from(strings.map(String).join('\n')) });
    } else if (numbers.length === 1 && (plugin === 'scalars' || plugin === null)) {
      this.sink.scalar(at.name, numbers[0]!, at.step, at.time);
    }
  }

  /** The tag with its prefix: the same bytes are the same string. */
  private name(fields: Fields): string {
    fields.bytes();
    const { start, end, buffer } = fields;
    if (end - start > LONGEST_TAG) return '';
    const key = buffer.toString('latin1', start, end);
    let name = this.names.get(key);
    if (name === undefined) {
      name = this.prefix + buffer.toString('utf8', start, end);
      if (this.names.size < MOST_TAGS) this.names.set(key, name);
    }
    return name;
  }
}

/** Name and content of the plugin that a SummaryMetadata names. */
function pluginOf(fields: Fields): [string | null, Buffer | null] {
  let name: string | null = null;
  let content: Buffer | null = null;
  while (fields.next()) {
    if (fields.number !== 1) {
      fields.skip();
      continue;
    }
    const plugin = fields.message();
    while (plugin.next()) {
      if (plugin.number === 1) name = plugin.text().slice(0, 100);
      else if (plugin.number === 2) content = plugin.slice();
      else plugin.skip();
    }
  }
  return [name || null, content];
}

/** The encoded picture or sound of an Image or Audio message. */
function encodedIn(fields: Fields, number: number): Buffer | null {
  let bytes: Buffer | null = null;
  while (fields.next()) {
    if (fields.number === number) bytes = fields.slice();
    else fields.skip();
  }
  return bytes && bytes.length > 0 ? bytes : null;
}
