/** ONNX files: writes graphs as models (opset 17), reads tensors. */
import { FormatError } from '../files/format-error.js';
import {
  elementCount,
  NUMBER_TYPES,
  type NumberType,
  readNumbers,
  type StoredTensor,
} from '../files/raw-numbers.js';
import { type Attribute, type Constant, type Data, ELEMENT_TYPES, type Graph, type Value } from './graph.js';
import {
  ATTRIBUTE_TYPE,
  DATA_TYPE,
  decodeMessage,
  encodeMessage,
  type Message,
  MODEL,
  type OnnxAttribute,
  type OnnxTensor,
  type OnnxValue,
} from './onnx-schema.js';

const OPSET = 17;
/** The first IR version that goes with opset 17. */
const IR_VERSION = 8;

function bytesOf(data: Data): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

function tensorOf({ value, data }: Constant): OnnxTensor {
  return {
    name: value.name,
    dataType: ELEMENT_TYPES[value.type],
    dims: value.dims.map(Number),
    rawData: bytesOf(data),
  };
}

function valueInfoOf(value: Value): OnnxValue {
  const dim = value.dims.map((size) => (typeof size === 'number' ? { dimValue: size } : { dimParam: size }));
  return { name: value.name, type: { tensorType: { elemType: ELEMENT_TYPES[value.type], shape: { dim } } } };
}

function attributeOf(name: string, attribute: Attribute): OnnxAttribute {
  if (typeof attribute === 'number') return { name, type: ATTRIBUTE_TYPE.int, i: attribute };
  if (typeof attribute === 'string') {
    return { name, type: ATTRIBUTE_TYPE.string, s: new TextEncoder().encode(attribute) };
  }
  if ('float' in attribute) return { name, type: ATTRIBUTE_TYPE.float, f: attribute.float };
  return { name, type: ATTRIBUTE_TYPE.ints, ints: attribute };
}

/** The bytes of an ONNX file that computes `graph`; `metadata` goes into the file's properties. */
export function encodeModel(graph: Graph, metadata: Readonly<Record<string, string>> = {}): Uint8Array {
  return encodeMessage(MODEL, {
    irVersion: IR_VERSION,
    producerName: 'superpoint',
    opsetImport: [
      { domain: '', version: OPSET },
      ...(graph.nodes.some((node) => node.domain !== '') ? [{ domain: 'com.microsoft', version: 1 }] : []),
    ],
    metadataProps: Object.entries(metadata).map(([key, value]) => ({ key, value })),
    graph: {
      name: graph.name,
      input: graph.inputs.map(valueInfoOf),
      output: graph.outputs.map(valueInfoOf),
      initializer: graph.constants.map(tensorOf),
      node: graph.nodes.map((node) => ({
        opType: node.op,
        domain: node.domain,
        input: node.inputs.map((value) => value?.name ?? ''),
        output: node.outputs.map((value) => value.name),
        attribute: Object.entries(node.attributes).map(([name, value]) => attributeOf(name, value)),
      })),
    },
  });
}

const NUMBER_TYPE: Readonly<Record<number, NumberType>> = {
  [DATA_TYPE.float]: NUMBER_TYPES.float32,
  [DATA_TYPE.float16]: NUMBER_TYPES.float16,
  [DATA_TYPE.double]: NUMBER_TYPES.float64,
  [DATA_TYPE.int8]: NUMBER_TYPES.int8,
  [DATA_TYPE.uint8]: NUMBER_TYPES.uint8,
  [DATA_TYPE.int32]: NUMBER_TYPES.int32,
  [DATA_TYPE.int64]: NUMBER_TYPES.int64,
};

/**
 * The constant tensors of an ONNX model that bear names of layers (`conv1a.weight`), and its properties.
 * @throws FormatError for bytes that are no ONNX model.
 */
export function decodeModelTensors(bytes: Uint8Array): {
  tensors: Record<string, StoredTensor>;
  metadata: Record<string, string>;
} {
  let model: Message<typeof MODEL>;
  try {
    model = decodeMessage(MODEL, bytes);
  } catch (cause) {
    throw new FormatError('broken or truncated ONNX model', { cause });
  }
  const tensors: Record<string, StoredTensor> = {};
  for (const { name, dataType, dims, rawData, floatData } of model.graph?.initializer ?? []) {
    const type = NUMBER_TYPE[dataType ?? 0];
    if (!name || !type || !/\.\w+$/.test(name)) continue;
    const sizes = dims ?? [];
    const count = elementCount(sizes);
    const isRaw = rawData && rawData.length > 0;
    if ((isRaw ? rawData.length / type.bytes : (floatData ?? []).length) !== count) {
      throw new FormatError(`the tensor ${name} of the ONNX model has not ${count} numbers`);
    }
    const data = isRaw ? readNumbers(rawData, 0, count, type) : Float32Array.from(floatData ?? []);
    tensors[name] = { dims: [...sizes], data };
  }
  const properties = (model.metadataProps ?? []).map(({ key, value }) => [key ?? '', value ?? '']);
  return { tensors, metadata: Object.fromEntries(properties) };
}
