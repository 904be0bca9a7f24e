export function ensureRedisServer(): string;
