/**
 * A model as a folder of Hugging Face transformers, which its `SuperPointForKeypointDetection.from_pretrained`
 * and `AutoImageProcessor` read. Pure: a model in, files out.
 */

import { keypointOptions } from '../features/extract-keypoints.js';
import { encodeSafetensors } from '../files/safetensors.js';
import { CLASSES } from '../network/architecture.js';
import type { Model } from '../network/model.js';
import { transformersName } from '../network/weight-names.js';

/**
 * The files of the folder, by name.
 * @throws RangeError for a model without descriptors, which transformers' SuperPoint has not.
 */
export function transformersFolder({ name, weights, shape, metadata }: Model): Record<string, Uint8Array> {
  if (shape.descriptor === 0) {
    throw new RangeError(
      `${name}: expected a model with descriptors, which transformers' SuperPoint asks for`,
    );
  }
  const tensors = Object.entries(weights).map(([tensor, value]) => {
    const [layer, part] = tensor.split('.');
    return [`${transformersName(layer)}.${part}`, value] as const;
  });
  const { detectionThreshold, nmsRadius, borderMargin } = keypointOptions({});
  const config = {
    architectures: ['SuperPointForKeypointDetection'],
    model_type: 'superpoint',
    torch_dtype: 'float32',
    encoder_hidden_sizes: shape.encoder,
    decoder_hidden_size: shape.head,
    keypoint_decoder_dim: CLASSES,
    descriptor_decoder_dim: shape.descriptor,
    keypoint_threshold: detectionThreshold,
    max_keypoints: -1,
    nms_radius: nmsRadius,
    border_removal_distance: borderMargin,
  };
  const preprocessor = {
    image_processor_type: 'SuperPointImageProcessor',
    do_resize: true,
    size: { height: 480, width: 640 },
    do_rescale: true,
    rescale_factor: 1 / 255,
    do_grayscale: true,
  };
  const json = (value: object) => new TextEncoder().encode(`${JSON.stringify(value, undefined, 2)}\n`);
  return {
    // Its loader asks which framework's tensors these are.
    'model.safetensors': encodeSafetensors(Object.fromEntries(tensors), { ...metadata, format: 'pt' }),
    'preprocessor_config.json': json(preprocessor),
    'config.json': json(config),
  };
}
