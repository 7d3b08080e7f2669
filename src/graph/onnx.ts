/** Writes a graph as an ONNX model (opset 17), by the schema of the onnx-proto package. */
import onnxProto from 'onnx-proto';
import { type Attribute, type Constant, type Data, ELEMENT_TYPES, type Graph, type Value } from './graph.js';

const { onnx } = onnxProto;
const OPSET = 17;
/** The first IR version that goes with opset 17. */
const IR_VERSION = 8;

function bytesOf(data: Data): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

function tensorOf({ value, data }: Constant) {
  return {
    name: value.name,
    dataType: ELEMENT_TYPES[value.type],
    dims: value.dims.map(Number),
    rawData: bytesOf(data),
  };
}

function valueInfoOf(value: Value) {
  const dim = value.dims.map((size) => (typeof size === 'number' ? { dimValue: size } : { dimParam: size }));
  return { name: value.name, type: { tensorType: { elemType: ELEMENT_TYPES[value.type], shape: { dim } } } };
}

function attributeOf(name: string, attribute: Attribute) {
  const { AttributeType } = onnx.AttributeProto;
  if (typeof attribute === 'number') return { name, type: AttributeType.INT, i: attribute };
  if (typeof attribute === 'string') {
    return { name, type: AttributeType.STRING, s: new TextEncoder().encode(attribute) };
  }
  if ('float' in attribute) return { name, type: AttributeType.FLOAT, f: attribute.float };
  return { name, type: AttributeType.INTS, ints: [...attribute] };
}

/** The bytes of an ONNX file that computes `graph`; `metadata` goes into the file's properties. */
export function encodeModel(graph: Graph, metadata: Readonly<Record<string, string>> = {}): Uint8Array {
  const model = onnx.ModelProto.create({
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
  return onnx.ModelProto.encode(model).finish();
}
