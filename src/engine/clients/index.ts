/** The library for clients of the engine: connect once, or stay connected. */
export { connectEngine, environmentWith, type ConnectOptions } from './connect.js';
export type { Disposable, EngineConnection, EngineInfo } from './connection.js';
export { EngineError, type EngineErrorKind } from './errors.js';
export { EngineLink, type EngineLinkState } from './link.js';
export { findNode, type NodeProgram } from './nodePath.js';
