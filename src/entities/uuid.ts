import { randomBytes } from 'node:crypto';
export function uuidv7(): string {
  return randomBytes(16).toString('hex');
}
