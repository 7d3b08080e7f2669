/** `superpoint/graph`: computation graphs, built, differentiated, written as ONNX and run. */
export { type AdamSettings, adamFeeds, adamInputs, adamUpdate } from './adam.js';
export * from './convolution.js';
export { differentiate } from './differentiate.js';
export {
  type Attribute,
  type Constant,
  type Data,
  type Dim,
  type ElementType,
  Graph,
  type Node,
  type Value,
} from './graph.js';
export { encodeModel } from './onnx.js';
export * from './operators.js';
export { createSession, type Session, type SessionOptions, type Tensor, tensor } from './session.js';
