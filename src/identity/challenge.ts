/** What a 401 says of how to authenticate (RFC 9110, 11.6.1), where no credential was presented. */
export const CHALLENGE: ReadonlyMap<string, string> = new Map([['www-authenticate', 'Bearer realm="weir"']]);
