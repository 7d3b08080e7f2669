/** Images and models on their way to a worker: files are read there, and what is the caller's stays the caller's. */
import { forWorker } from '#port';
import { type AnyImage, asGrayImage, type Drawable, type PixelRecord } from '../image/any-image.js';
import { nameOfImage, withName } from '../image/image.js';
import { bytesOf, type ImageSource, isBlob, kindOf } from '../image/image-source.js';
import type { Model } from '../network/model.js';
import { type ModelSource, readModel } from '../network/model-file.js';
import { SHIPPED_MODELS } from '../network/shipped-models.js';

/** A file as a message. */
export type FileParcel =
  | { readonly address: string; readonly isUrl: boolean }
  | { readonly bytes: Uint8Array }
  | { readonly blob: Blob; readonly name: string | undefined };

/** An image as a message. */
export type ImageParcel =
  | FileParcel
  | { readonly pixels: PixelRecord; readonly name: string | undefined }
  | { readonly drawable: ImageBitmap | VideoFrame };

/** Undefined for what is no file. Bytes are copied: the buffer that they lie in is the caller's. */
function packFile(source: unknown): FileParcel | undefined {
  const kind = kindOf(source);
  if (kind === 'String' || kind === 'URL') {
    return { address: forWorker(String(source)), isUrl: kind === 'URL' };
  }
  const bytes = bytesOf(source);
  // `slice` of a Buffer would share its memory
  if (bytes) return { bytes: new Uint8Array(bytes) };
  if (!isBlob(source)) return undefined;
  // Node sends a File without its name.
  const name = 'name' in source ? String(source.name) : undefined;
  return { blob: source.slice(0, source.size, source.type), name };
}

function unpackFile(parcel: FileParcel): ImageSource {
  if ('address' in parcel) return parcel.isUrl ? new URL(parcel.address) : parcel.address;
  if ('bytes' in parcel) return parcel.bytes;
  const { blob, name } = parcel;
  return name === undefined ? blob : new File([blob], name);
}

/** An open bitmap or frame, which goes over as a copy. */
function isDrawable(image: unknown): image is ImageBitmap | VideoFrame {
  const { width, displayWidth = width } = Object(image);
  return ['ImageBitmap', 'VideoFrame'].includes(kindOf(image)) && displayWidth > 0;
}

/** The same pixels in memory of their own; undefined for what is no record of pixels. */
function copyOfPixels(image: AnyImage): PixelRecord | undefined {
  const { width, height, data } = Object(image) as PixelRecord;
  const kinds = ['Uint8ClampedArray', 'Uint8Array', 'Uint16Array', 'Float32Array'];
  if (!kinds.includes(kindOf(data)) || 'getContext' in (image as object)) return undefined;
  return { width, height, data: data.slice() };
}

/**
 * An image for a worker; what only this thread can see, a canvas or an element, as its grey pixels.
 * @throws what `asGrayImage` throws for what is no image.
 */
export async function packImage(image: AnyImage): Promise<ImageParcel> {
  const file = packFile(image);
  if (file) return file;
  if (isDrawable(image)) return { drawable: image };
  const pixels = copyOfPixels(image) ?? (await asGrayImage(image));
  return { pixels, name: nameOfImage(image as never) };
}

/** The image in the worker. */
export async function unpackImage(parcel: ImageParcel): Promise<AnyImage> {
  if ('drawable' in parcel) {
    const image = await asGrayImage(parcel.drawable as Drawable);
    parcel.drawable.close();
    return image;
  }
  if (!('pixels' in parcel)) return unpackFile(parcel);
  return withName(await asGrayImage(parcel.pixels), parcel.name);
}

/** A model as a message. */
export type ModelParcel = string | FileParcel | Model;

/** @throws FormatError for tensors that are no model. */
export async function packModel(source: ModelSource): Promise<ModelParcel> {
  if (typeof source === 'string' && source in SHIPPED_MODELS) return source;
  return packFile(source) ?? readModel(source);
}

export function unpackModel(parcel: ModelParcel): ModelSource {
  return typeof parcel === 'string' || 'weights' in parcel ? parcel : unpackFile(parcel);
}
