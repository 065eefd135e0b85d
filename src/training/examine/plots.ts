/** Plots of the panel that show the results of an examination. */
import type { Calibration, Examined } from '../../protocol/trainer/examined.js';
import type { PlotDrawing } from '../../protocol/engine/drawings.js';

/** Inputs that are drawn, the most important first. */
const MOST_INPUTS = 40;

/** `clean`: accuracy at level 0; null: levels have different meanings, so there is none. */
export function levelPlot(
  found: Examined['attacks'] | Examined['corruptions'],
  clean: number | null,
  x: string,
): PlotDrawing {
  const start = clean === null ? [] : [{ level: 0, accuracy: clean }];
  return {
    kind: 'line',
    title: '',
    x,
    y: 'accuracy',
    series: found.map(({ kind, levels }) => {
      const points = [...start, ...levels];
      return { name: kind, x: points.map(({ level }) => level), y: points.map(({ accuracy }) => accuracy) };
    }),
  };
}

export function reliabilityPlot(bins: Calibration['bins']): PlotDrawing {
  return {
    kind: 'line',
    title: '',
    x: 'confidence',
    y: 'accuracy',
    series: [
      { name: 'accuracy', x: bins.map(({ confidence }) => confidence), y: bins.map(({ accuracy }) => accuracy) },
      { name: 'perfectly calibrated', x: [0, 1], y: [0, 1] },
    ],
  };
}

export function inputPlot(inputs: Examined['inputs']): PlotDrawing {
  const shown = inputs.slice(0, MOST_INPUTS);
  return {
    kind: 'bar',
    title: '',
    x: 'input',
    y: 'mean |attribution|',
    series: [
      {
        name: 'mean |attribution|',
        x: shown.map(({ name }) => name.slice(0, 100)),
        y: shown.map(({ importance }) => importance),
      },
    ],
  };
}
