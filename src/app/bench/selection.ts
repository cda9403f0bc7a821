/** Which figures `varco bench --only NAME` takes: the one of that name, or all whose names begin with it. */

/** The names chosen among all; none when no name begins so. */
export const selectNames = (names: readonly string[], only: string): readonly string[] =>
  names.includes(only) ? [only] : names.filter((name) => name.startsWith(only));
