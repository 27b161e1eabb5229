import type { Parameters } from './parameters.ts';

/** Authentication methods that a server can request; `none` means that it requests none. */
const METHODS = ['password', 'md5', 'gss', 'sspi', 'scram-sha-256', 'none'] as const;
export type AuthenticationMethod = (typeof METHODS)[number];

export const CHANNEL_BINDINGS = ['prefer', 'require', 'disable'] as const;
export type ChannelBinding = (typeof CHANNEL_BINDINGS)[number];

/** The authentication methods that the client accepts. */
export type AuthenticationRule = ReadonlySet<AuthenticationMethod>;

/**
 * Parses `require_auth`: a list of accepted methods, or of refused ones, each with a leading "!".
 * @see https://www.postgresql.org/docs/17/libpq-connect.html#LIBPQ-CONNECT-REQUIRE-AUTH
 */
export function authenticationRule(parameters: Parameters): AuthenticationRule {
  const words = parameters.text('require_auth')?.split(',') ?? [];
  const negated = words.filter((word) => word.startsWith('!')).length;
  const named = words.map((word) => METHODS.find((method) => method === word.replace(/^!/, '')));
  const methods = named.filter((method) => method !== undefined);
  if ((negated > 0 && negated < words.length) || methods.length < words.length || new Set(named).size < named.length) {
    parameters.fail(
      'require_auth',
      `List some of ${METHODS.join(', ')}, either all or none of them with a leading "!".`,
    );
  }
  const takesAll = words.length === 0 || negated > 0;
  return new Set(METHODS.filter((method) => takesAll !== methods.includes(method)));
}
