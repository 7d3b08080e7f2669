/** Where frames come from: the bundled sequence, a camera, a video file. */
import { FRAME_HEIGHT, FRAME_WIDTH, SEQUENCE_LENGTH } from '../engine/camera-path.js';
import type { Remote } from '../engine/rpc.js';
import type { EngineService } from '../engine/worker.js';
import { wall } from '../page/wall.js';

export interface FrameSource {
  readonly width: number;
  readonly height: number;
  /** The frame of this moment; undefined once there are no more. */
  next(): Promise<CanvasImageSource | undefined>;
  pause(): void;
  resume(): void;
  close(): void;
}

/** The camera that moves in front of a photograph: every frame, however long each takes. */
export async function bundledSequence(remote: Remote<EngineService>): Promise<FrameSource> {
  await remote.openScenery(await wall());
  let n = 0;
  return {
    width: FRAME_WIDTH,
    height: FRAME_HEIGHT,
    next: () => remote.sceneryFrame(n++ % SEQUENCE_LENGTH),
    pause() {},
    resume() {},
    close() {},
  };
}

function sourceOf(video: HTMLVideoElement, close: () => void): FrameSource {
  return {
    width: video.videoWidth,
    height: video.videoHeight,
    next: async () => (video.ended ? undefined : video),
    pause: () => video.pause(),
    resume: () => void video.play(),
    close,
  };
}

async function playing(video: HTMLVideoElement): Promise<void> {
  Object.assign(video, { muted: true, playsInline: true });
  await video.play();
  if (video.videoWidth === 0) throw new Error('the video has no picture');
}

const CAMERA_PROBLEMS: Readonly<Record<string, string>> = {
  NotAllowedError: 'The camera was not allowed. Allow it for this page in the browser, or take a video file.',
  NotFoundError: 'No camera was found. The bundled sequence and video files work without one.',
  NotReadableError: 'The camera is in use by another program.',
};

/** @throws Error in plain words where there is no camera or the user denies it. */
export async function camera(): Promise<FrameSource> {
  if (!navigator.mediaDevices) {
    throw new Error('The camera needs a secure page: serve this one by https or from localhost.');
  }
  const wanted = { video: { facingMode: 'environment', width: { ideal: 640 }, height: { ideal: 480 } } };
  const stream = await navigator.mediaDevices.getUserMedia(wanted).catch((problem: DOMException) => {
    throw new Error(CAMERA_PROBLEMS[problem.name] ?? `The camera did not start: ${problem.message}`);
  });
  const video = document.createElement('video');
  video.srcObject = stream;
  const stop = () => {
    for (const track of stream.getTracks()) track.stop();
  };
  try {
    await playing(video);
  } catch (problem) {
    stop();
    throw problem;
  }
  return sourceOf(video, stop);
}

/** @throws Error in plain words where the browser cannot play the file. */
export async function videoFile(file: File): Promise<FrameSource> {
  const video = document.createElement('video');
  const address = URL.createObjectURL(file);
  video.src = address;
  video.loop = true;
  try {
    await playing(video);
  } catch {
    URL.revokeObjectURL(address);
    throw new Error(
      `${file.name} cannot be played by this browser; expected a video such as MP4 (H.264) or WebM.`,
    );
  }
  return sourceOf(video, () => {
    video.pause();
    URL.revokeObjectURL(address);
  });
}
