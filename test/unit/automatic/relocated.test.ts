import { expect, it } from 'vitest';
import { relocated } from '../../../src/automatic/relocated.js';

it('paths of data lead to the same place from another folder', () => {
  const moved = (data: unknown) => relocated({ data }, '/work/nets/m.tune.yaml', '/work/file').data;
  expect(moved({ csv: { file: 'a.csv', validation: '../b.csv' } })).toEqual({
    csv: { file: 'nets/a.csv', validation: 'b.csv' },
  });
  // The folder itself.
  expect(moved({ images: { folder: '..' } })).toEqual({ images: { folder: '.' } });
  expect(moved({ npz: { file: 'a.npz', inputs: 'x' } })).toEqual({ npz: { file: 'nets/a.npz', inputs: 'x' } });
  // A source without settings.
  expect(moved({ mnist: null })).toEqual({ mnist: null });
});
