/**
 * Failure as a value. What the world can do to us (a card leaves, a disk fills, a broker refuses) is
 * returned as a `Result`; what only a wrong program can do throws and ends the process.
 */
export type Result<T, E> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: E };

export const ok = <T>(value: T): Result<T, never> => ({ ok: true, value });
export const err = <E>(error: E): Result<never, E> => ({ ok: false, error });

/** Marks a branch that the types exclude. Reaching it is a defect of the program, so it throws. */
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${typeof value}`);
}
