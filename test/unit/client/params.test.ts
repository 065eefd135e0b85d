import { describe, expect, it } from 'vitest';
import { tunesmithHome } from '../../../src/client/home.js';
import { RunParams } from '../../../src/client/params.js';

describe('RunParams', () => {
  const params = new RunParams({
    lr: 1e-3,
    layers: 2,
    name: 'adam',
    on: false,
    text: '1e-4',
    list: [1, 2],
    none: null,
  });

  it('gives values of the type asked for', () => {
    expect(params.number('lr')).toBe(1e-3);
    expect(params.number('text')).toBe(1e-4);
    expect(params.integer('layers')).toBe(2);
    expect(params.string('name')).toBe('adam');
    expect(params.boolean('on')).toBe(false);
    expect(params.list('list')).toEqual([1, 2]);
    expect(params.get('none')).toBeNull();
    expect(params.get('toString')).toBeUndefined();
  });

  it('falls back, also for an empty value, and never over a given one', () => {
    expect(params.number('absent', 3)).toBe(3);
    expect(params.number('none', 4)).toBe(4);
    expect(params.boolean('on', true)).toBe(false);
  });

  it('names the parameter, the expected type and the known parameters', () => {
    expect(() => params.number('name')).toThrow('Parameter "name" must be a number, but it is "adam".');
    expect(() => params.integer('lr')).toThrow('"lr" must be a whole number');
    expect(() => params.string('lr')).toThrow('"lr" must be text');
    expect(() => params.number('on')).toThrow('"on" must be a number');
    expect(() => params.number('momentum')).toThrow(/"momentum" is not given.*lr, layers/s);
  });
});

describe('tunesmithHome', () => {
  it('is the platform’s folder for application data, unless one is given', () => {
    expect(tunesmithHome({ TUNESMITH_HOME: '/x y' }, 'linux')).toBe('/x y');
    expect(tunesmithHome({ XDG_DATA_HOME: '/data' }, 'linux')).toBe('/data/tunesmith');
    expect(tunesmithHome({}, 'linux')).toMatch(/\.local\/share\/tunesmith$/);
    expect(tunesmithHome({}, 'darwin')).toMatch(/Library\/Application Support\/tunesmith$/);
    expect(tunesmithHome({ LOCALAPPDATA: 'C:/L' }, 'win32')).toMatch(/^C:.L.tunesmith$/);
  });
});
