/** Meshes as TensorBoard's mesh plugin writes them: a value each for vertices, faces and colours (tensorboard/plugins/mesh). */
import { SCENE_MIME, sceneFile, type SceneParts } from '../scenes.js';
import type { Sink } from '../types.js';

/** Tags end with the kind of their content: vertices 1, faces 2, colours 3. */
const PART = /^(.*)_([123])$/s;
/** Meshes of one event. */
const MOST_MESHES = 100;

/** Collects the parts of one event's meshes. */
export class Meshes {
  private readonly parts = new Map<string, Partial<Record<'1' | '2' | '3', Tensor>>>();

  take(tag: string, numbers: number[], shape: number[]): void {
    const [, name, part] = PART.exec(tag) ?? [];
    if (name === undefined || (!this.parts.has(name) && this.parts.size >= MOST_MESHES)) return;
    this.parts.set(name, { ...this.parts.get(name), [part as '1']: { numbers, shape } });
  }

  /** Emits the collected meshes and forgets them. */
  flush(sink: Sink, step: number, time: number): void {
    for (const [name, { 1: vertices, 2: faces, 3: colors }] of this.parts) {
      // The first axis is for several meshes of one name.
      const count = Math.min(vertices?.shape[0] ?? 0, MOST_MESHES);
      for (let i = 0; vertices && i < count; i++) {
        const scene: SceneParts = { points: itemOf(vertices, i) };
        if (faces) scene.faces = itemOf(faces, i);
        if (colors) scene.colors = itemOf(colors, i);
        const bytes = sceneFile(scene);
        if (bytes) sink.media({ name, step, time, mime: SCENE_MIME, bytes });
      }
    }
    this.parts.clear();
  }
}

interface Tensor {
  numbers: number[];
  shape: number[];
}

/** One item of a tensor `[items, n, 3]`; empty if it has another shape. */
function itemOf({ numbers, shape }: Tensor, i: number): number[] {
  const [items = 0, rows = 0, columns] = shape;
  if (shape.length !== 3 || columns !== 3 || numbers.length !== items * rows * 3) return [];
  return numbers.slice(i * rows * 3, (i + 1) * rows * 3);
}
