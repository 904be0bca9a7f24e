const NOTHING = Object.freeze({});

/**
 * Stands for a value that a rule may not look at: any look throws, and is remembered, as a rule may swallow what
 * is thrown. (A test for truth, and use as a key of a WeakMap, cannot be noticed; neither tells a rule anything.)
 */
export class Untouchable implements ProxyHandler<object> {
  readonly proxy: object = new Proxy(NOTHING, this);
  isTouched = false;

  #refuse(): never {
    this.isTouched = true;
    throw new Error('A rule looked at something that it cannot see here');
  }

  get(): never {
    return this.#refuse();
  }
  has(): never {
    return this.#refuse();
  }
  ownKeys(): never {
    return this.#refuse();
  }
  getOwnPropertyDescriptor(): never {
    return this.#refuse();
  }
  getPrototypeOf(): never {
    return this.#refuse();
  }
  isExtensible(): never {
    return this.#refuse();
  }
  set(): never {
    return this.#refuse();
  }
  defineProperty(): never {
    return this.#refuse();
  }
  deleteProperty(): never {
    return this.#refuse();
  }
  setPrototypeOf(): never {
    return this.#refuse();
  }
  preventExtensions(): never {
    return this.#refuse();
  }
}
