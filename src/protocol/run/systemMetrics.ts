/** Metrics of the machine's use, `system/…`: shown after a run's own metrics, and never its objective. */
import type { MetricSummary } from '../engine/index.js';

export const isSystemMetric = (name: string): boolean => name.startsWith('system/');

/** Metrics that the run itself is about: all but the machine's use. */
export const ownMetrics = (metrics: Readonly<Record<string, MetricSummary>>): [string, MetricSummary][] =>
  Object.entries(metrics).filter(([name]) => !isSystemMetric(name));

/** All metrics, those of the machine's use last. */
export const ownFirst = (metrics: Readonly<Record<string, MetricSummary>>): [string, MetricSummary][] => [
  ...ownMetrics(metrics),
  ...Object.entries(metrics).filter(([name]) => isSystemMetric(name)),
];

/** Returns how many points a run has logged itself: the machine's grow even while it is paused. */
export function ownPoints(metrics: Readonly<Record<string, { count: number }>>): number {
  const own = Object.entries(metrics).filter(([name]) => !isSystemMetric(name));
  return own.reduce((sum, [, { count }]) => sum + count, 0);
}
