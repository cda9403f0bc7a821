/** Certificates by name: each is made when it is first asked for and kept, because signing takes time and nothing in it changes. */

/** `make` is called once for each key; of those there are as many as the rows of the tables combine to. */
export function madeOnce<T>(): (key: string, make: () => T) => T {
  const kept = new Map<string, T>();
  return (key, make) => {
    const known = kept.get(key);
    if (known !== undefined) return known;
    const made = make();
    kept.set(key, made);
    return made;
  };
}
