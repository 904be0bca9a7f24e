/** `iss` and `aud` of development tokens. No URL: the port of the key set is not always the same. */
export const DEV_ISSUER = 'weir-dev';
export const DEV_AUDIENCE = 'weir';
export const DEV_ALGORITHM = 'ES256';
