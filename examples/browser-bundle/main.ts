/** Draws the keypoints of a picture that the user chooses. All of it runs in the browser. */
import { drawKeypoints, encodePng, readImage, SuperPoint } from 'superpoint';

const input = document.querySelector('input') as HTMLInputElement;
const status = document.querySelector('p') as HTMLParagraphElement;
const drawing = document.querySelector('img') as HTMLImageElement;

const superpoint = await SuperPoint.load();
input.disabled = false;
status.textContent = 'Choose a picture.';

input.addEventListener('change', async () => {
  const [file] = input.files ?? [];
  if (!file) return;
  const image = await readImage(file);
  const features = await superpoint.detect(image, { resize: 640, maxKeypoints: 500 });
  const png = await encodePng(drawKeypoints(image, features));
  drawing.src = URL.createObjectURL(new Blob([png as Uint8Array<ArrayBuffer>], { type: 'image/png' }));
  drawing.hidden = false;
  status.textContent = `${features.count} keypoints`;
});
