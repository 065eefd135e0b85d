/**
 * Draws a scene into pixels. A surface or a cloud of a few hundred thousand points takes milliseconds, so that it turns with the
 * pointer; nothing but an array is needed for it, and what is hidden is found by its depth.
 */
import { boundsOf, type Scene } from './scene.js';

/** How it is looked at: turned about the vertical axis, tilted, and enlarged. Angles in radians. */
export interface Pose {
  turn: number;
  tilt: number;
  zoom: number;
}
export const START: Pose = { turn: 0.6, tilt: 0.5, zoom: 1 };

export interface Picture {
  /** Four bytes a pixel. */
  data: Uint8ClampedArray;
  width: number;
  height: number;
}

type Color = readonly [red: number, green: number, blue: number];

/** Share of the picture that the scene takes at a zoom of 1. */
const FILL = 0.92;
/** Brightness of a triangle that is seen from its edge, and how much more the one has that faces the eye. */
const AMBIENT = 0.35;
/** Pixels that one drawing looks at: a file may have a million triangles of which each fills the picture. */
const MOST_PIXELS = 60_000_000;

export class Renderer {
  private readonly center: readonly [number, number, number];
  private readonly radius: number;
  /** x and y in the picture and the depth of each point. */
  private readonly seen: Float32Array;
  private depths = new Float32Array(0);
  private pixelsPerUnit = 1;
  private left = 0;

  constructor(private readonly scene: Scene) {
    ({ center: this.center, radius: this.radius } = boundsOf(scene));
    this.seen = new Float32Array(scene.places.length);
  }

  /** `plain`: colour of points that have none. Other pixels become transparent. */
  draw(picture: Picture, pose: Pose, plain: Color): void {
    const { data, width, height } = picture;
    data.fill(0);
    this.left = MOST_PIXELS;
    if (this.depths.length !== width * height) this.depths = new Float32Array(width * height);
    this.depths.fill(-Infinity);
    this.project(width, height, pose);
    const { faces, edges } = this.scene;
    for (let i = 0; i < faces.length; i += 3) this.triangle(picture, faces[i]!, faces[i + 1]!, faces[i + 2]!, plain);
    for (let i = 0; i < edges.length; i += 2) this.line(picture, edges[i]!, edges[i + 1]!, plain);
    if (faces.length === 0) this.points(picture, pose, plain);
  }

  private project(width: number, height: number, { turn, tilt, zoom }: Pose): void {
    const { places } = this.scene;
    const { center, radius, seen } = this;
    const scale = (this.pixelsPerUnit = (zoom * FILL * Math.min(width, height)) / 2 / radius);
    const [sinTurn, cosTurn, sinTilt, cosTilt] = [Math.sin(turn), Math.cos(turn), Math.sin(tilt), Math.cos(tilt)];
    for (let i = 0; i < places.length; i += 3) {
      const x = places[i]! - center[0];
      const y = places[i + 1]! - center[1];
      const z = places[i + 2]! - center[2];
      // The third axis of the scene points upwards.
      const across = x * cosTurn - y * sinTurn;
      const away = x * sinTurn + y * cosTurn;
      seen[i] = width / 2 + scale * across;
      seen[i + 1] = height / 2 - scale * (z * cosTilt + away * sinTilt);
      seen[i + 2] = z * sinTilt - away * cosTilt;
    }
  }

  private points(picture: Picture, { zoom }: Pose, plain: Color): void {
    const { seen } = this;
    const count = seen.length / 3;
    const { width, height } = picture;
    // Few points are drawn large, many small: together they cover about the same.
    const side = Math.max(1, Math.min(7, Math.round(zoom * Math.sqrt((width * height) / 40 / count))));
    const before = side >> 1;
    for (let i = 0; i < seen.length; i += 3) {
      const [left, top] = [Math.round(seen[i]!) - before, Math.round(seen[i + 1]!) - before];
      const depth = seen[i + 2]!;
      const near = this.nearness(depth);
      const [red, green, blue] = this.colorOf(i, plain);
      for (let y = Math.max(0, top); y < Math.min(height, top + side); y++)
        for (let x = Math.max(0, left); x < Math.min(width, left + side); x++)
          this.put(picture, y * width + x, depth, red * near, green * near, blue * near);
    }
  }

  /** Points that are far away are a little darker. */
  private nearness(depth: number): number {
    return 0.75 + 0.25 * (0.5 + depth / this.radius / 2);
  }

  private colorOf(i: number, plain: Color): Color {
    const { colors } = this.scene;
    return colors ? [colors[i]!, colors[i + 1]!, colors[i + 2]!] : plain;
  }

  private put({ data }: Picture, at: number, depth: number, red: number, green: number, blue: number): void {
    if (depth <= this.depths[at]!) return;
    this.depths[at] = depth;
    data[4 * at] = red;
    data[4 * at + 1] = green;
    data[4 * at + 2] = blue;
    data[4 * at + 3] = 255;
  }

  private line(picture: Picture, one: number, other: number, plain: Color): void {
    const { seen } = this;
    const { width, height } = picture;
    const [x0, y0, d0] = [seen[3 * one]!, seen[3 * one + 1]!, seen[3 * one + 2]!];
    const [x1, y1, d1] = [seen[3 * other]!, seen[3 * other + 1]!, seen[3 * other + 2]!];
    const [red, green, blue] = this.colorOf(3 * one, plain);
    // A long line is mostly outside.
    const steps = Math.min(4 * (width + height), Math.ceil(Math.max(Math.abs(x1 - x0), Math.abs(y1 - y0), 1)));
    for (let i = 0; i <= steps; i++) {
      const share = i / steps;
      const [x, y] = [Math.round(x0 + share * (x1 - x0)), Math.round(y0 + share * (y1 - y0))];
      if (x >= 0 && x < width && y >= 0 && y < height)
        this.put(picture, y * width + x, d0 + share * (d1 - d0), red, green, blue);
    }
  }

  private triangle(picture: Picture, a: number, b: number, c: number, plain: Color): void {
    const { seen } = this;
    const { width, height } = picture;
    const [ax, ay, ad] = [seen[3 * a]!, seen[3 * a + 1]!, seen[3 * a + 2]!];
    const [bx, by, bd] = [seen[3 * b]!, seen[3 * b + 1]!, seen[3 * b + 2]!];
    const [cx, cy, cd] = [seen[3 * c]!, seen[3 * c + 1]!, seen[3 * c + 2]!];
    const area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax);
    if (area === 0) return;
    const bright = AMBIENT + (1 - AMBIENT) * this.facing(a, b, c);
    const [red, green, blue] = this.colorOf(3 * a, plain).map((part) => part * bright) as [number, number, number];
    const left = Math.max(0, Math.floor(Math.min(ax, bx, cx)));
    const right = Math.min(width - 1, Math.ceil(Math.max(ax, bx, cx)));
    const top = Math.max(0, Math.floor(Math.min(ay, by, cy)));
    const bottom = Math.min(height - 1, Math.ceil(Math.max(ay, by, cy)));
    this.left -= Math.max(0, right - left + 1) * Math.max(0, bottom - top + 1);
    if (this.left < 0) return;
    for (let y = top; y <= bottom; y++) {
      for (let x = left; x <= right; x++) {
        const ofC = ((bx - ax) * (y - ay) - (by - ay) * (x - ax)) / area;
        const ofB = ((x - ax) * (cy - ay) - (y - ay) * (cx - ax)) / area;
        const ofA = 1 - ofB - ofC;
        if (ofA >= 0 && ofB >= 0 && ofC >= 0)
          this.put(picture, y * width + x, ofA * ad + ofB * bd + ofC * cd, red, green, blue);
      }
    }
  }

  /** How much a triangle faces the eye, from 0 to 1; both of its sides are seen. */
  private facing(a: number, b: number, c: number): number {
    const { seen, pixelsPerUnit } = this;
    // Depth is in the scene's unit, the others are in pixels.
    const from = (i: number): [number, number, number] => [
      seen[3 * i]! - seen[3 * a]!,
      seen[3 * i + 1]! - seen[3 * a + 1]!,
      pixelsPerUnit * (seen[3 * i + 2]! - seen[3 * a + 2]!),
    ];
    const [one, other] = [from(b), from(c)];
    const x = one[1] * other[2] - one[2] * other[1];
    const y = one[2] * other[0] - one[0] * other[2];
    const z = one[0] * other[1] - one[1] * other[0];
    return Math.abs(z) / (Math.hypot(x, y, z) || 1);
  }
}
