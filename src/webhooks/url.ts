import { InvalidInputError } from '../errors.ts';

/** The width of the column. */
const LONGEST = 2048;

/** The URL with `***` in the place of a user name and password. */
export function maskedUrl(url: string): string {
  return url.replace(/^([a-z]+:\/\/)[^/?#\\]*@/i, '$1***@');
}

/**
 * The URL, as the server takes it for a webhook.
 * @throws InvalidInputError for another scheme, a URL of more than 2048 characters, or one that no request can go to;
 * also for one with a password in it, which every list and log would show
 */
export function checkUrl(url: string): string {
  const shown = maskedUrl(url).slice(0, 100);
  if (!/^https?:\/\//.test(url)) {
    throw new InvalidInputError(`"${shown}" is no URL of a webhook.`, { hint: 'It begins with https:// or http://.' });
  }
  if (url.length > LONGEST) {
    throw new InvalidInputError(`The URL is too long: ${url.length} characters, and at most ${LONGEST} fit.`);
  }
  if (/[\s\p{Cc}]/u.test(url) || !URL.canParse(url)) {
    throw new InvalidInputError(`"${shown}" is no valid URL.`);
  }
  const { username, password } = new URL(url);
  if (username || password) {
    throw new InvalidInputError(`${shown} has a user name or password in it.`, {
      hint: 'Leave it out: a receiver knows the sender by the signature. Use --generate-secret.',
    });
  }
  return url;
}
