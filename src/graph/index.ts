/** `superpoint/graph`: computation graphs, built, differentiated, written as ONNX and run. */
export { adamFeeds, adamInputs, adamUpdate } from './adam.js';
export * from './convolution.js';
export { differentiate } from './differentiate.js';
export { type Dim, type ElementType, Graph, type Value } from './graph.js';
export { encodeModel } from './onnx.js';
export * from './operators.js';
export { createSession, type Session, type SessionOptions, type Tensor, tensor } from './session.js';
