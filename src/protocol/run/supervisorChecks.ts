/**
 * The schemas of `supervisor.ts` and `supervisorTurns.ts` without the schema library, which would double the supervisor's start-up time. A test
 * compares both.
 */
import type { Assign, Control, Frame, Hello } from './supervisor.js';
import type { NextRun } from './supervisorTurns.js';

type Message = Record<string, unknown>;

const isObject = (value: unknown): value is Message =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

export function isHello(message: Message): message is Hello & Message {
  const { type, token, role, handles } = message;
  return (
    type === 'hello' &&
    typeof token === 'string' &&
    (role === 'client' || role === 'engine') &&
    (handles === undefined || (Array.isArray(handles) && handles.every((name) => name === 'stop' || name === 'set')))
  );
}

export function isFrame(message: Message): message is Frame & Message {
  const { type, file, offset, data } = message;
  return (
    type === 'frame' &&
    typeof file === 'string' &&
    /^[\w.-]+\.ndjson$/.test(file) &&
    isCount(offset) &&
    (data === undefined || typeof data === 'string')
  );
}

export function isControl(message: Message): message is Control & Message {
  const { type, reason, grace, params, floats } = message;
  if (type === 'pause' || type === 'resume') return true;
  if (type === 'set') {
    return (
      isObject(params) &&
      Object.values(params).every(isParamValue) &&
      (floats === undefined || (isObject(floats) && Object.values(floats).every(isFloatMark)))
    );
  }
  if (type !== 'stop' || (reason !== 'stop' && reason !== 'prune' && reason !== 'pause')) return false;
  return grace === undefined || (typeof grace === 'number' && grace >= 0);
}

export function isAssign(message: Message): message is Assign & Message {
  const { type, folder, hash } = message;
  return type === 'assign' && typeof folder === 'string' && typeof hash === 'string';
}

export function isNextRun(message: Message): message is NextRun & Message {
  const { type, folder, hash, environment, placement } = message;
  const texts = [folder, hash, environment];
  return (
    type === 'next' &&
    texts.every((text) => typeof text === 'string') &&
    isObject(placement) &&
    Object.values(placement).every((text) => typeof text === 'string')
  );
}

function isParamValue(value: unknown): boolean {
  if (Array.isArray(value)) return value.every(isParamValue);
  return value === null || typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value);
}

function isFloatMark(value: unknown): boolean {
  if (Array.isArray(value)) return value.every(isFloatMark);
  return value === null || value === true || (isObject(value) && Object.values(value).every(isFloatMark));
}
