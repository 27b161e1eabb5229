import { basename } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { openInput } from '../../files/input.ts';
import { MAX_PACKED_BYTES, WheelRefusal } from './refusal.ts';
import { inspectWheel, type Wheel } from './wheel.ts';

/**
 * Reads a wheel from disk only once, so that the checked bytes are the installed ones.
 * @throws NotFoundError, InvalidInputError, WheelRefusal
 */
export async function readWheel(path: string): Promise<Wheel> {
  const file = basename(path);
  // Each of thousands of entries is a short-lived stream: by default V8 collects them only after 60 MB.
  setFlagsFromString('--semi-space-growth-factor=1');
  const opened = await openInput(path, { regular: true });
  await using handle = opened.handle;
  const { size } = opened.stats;
  if (size > MAX_PACKED_BYTES) {
    throw new WheelRefusal(file, 'size', `it has ${size} bytes`);
  }
  const bytes = Buffer.alloc(size);
  let length = 0;
  while (length < size) {
    const { bytesRead } = await handle.read(bytes, length, size - length);
    if (bytesRead === 0) {
      break;
    }
    length += bytesRead;
  }
  return await inspectWheel(bytes.subarray(0, length), file);
}
