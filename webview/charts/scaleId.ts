/** Id of a vertical axis in Chart.js. */
export const scaleId = (axis: number | undefined): 'y' | `y${number}` => (axis ? `y${axis + 1}` : 'y');
