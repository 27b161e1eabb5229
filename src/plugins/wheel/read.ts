import { basename } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { openInput } from '../../files/input.ts';
import { MAX_PACKED_BYTES, WheelRefusal } from './refusal.ts';
import { inspectWheel, type Wheel } from './wheel.ts';

/**
 * Reads a wheel from the disk, once, so that what is checked is what is installed.
 * @throws NotFoundError, InvalidInputError, WheelRefusal
 */
export async function readWheel(path: string): Promise<Wheel> {
  const file = basename(path);
  // Each of thousands of entries is a stream for a moment: left alone, V8 lets 60 MB of them gather before it collects.
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
