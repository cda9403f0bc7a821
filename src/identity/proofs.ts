/**
 * What a reading has shown, said truthfully: a set of proofs, each made by one check. A level is a named
 * predicate over that set; decisions, events and screens name both.
 */

/** One check that succeeded. */
export type Proof =
  /** A chip said this NIS. */
  | "nisRead"
  /** Internal authentication against the pinned or SOD-bound key. */
  | "chipKey"
  /** Service SOD verified to a trusted country signer. */
  | "serviceSod"
  /** PACE or BAC. */
  | "cardAccess"
  /** Passive authentication of the travel document. */
  | "documentSignature"
  /** Chip authentication, active authentication, or the chip authentication mapping of PACE. */
  | "documentChip"
  /** Visible digital seal (2D-Doc): its signature and signer. Whoever has seen a document can print its seal again. */
  | "seal";

export type Proofs = ReadonlySet<Proof>;

/** Named strengths of identification that a door can demand. */
export type Level = "identifier" | "documentSeal" | "originalChip" | "authenticDocument" | "verifiedDocument";

/**
 * The proofs that each level needs; of several sets any suffices. `chipKey` stands for a key pinned after a service SOD at
 * enrolment. A seal and the data in a chip are the same State's word on the same document, so that the chip's data do for it.
 */
const NEEDED: Readonly<Record<Level, readonly (readonly Proof[])[]>> = {
  identifier: [["nisRead"]],
  documentSeal: [["seal"], ["documentSignature"]],
  originalChip: [["nisRead", "chipKey"]],
  authenticDocument: [["documentSignature"]],
  verifiedDocument: [["documentSignature", "documentChip"]],
};

/**
 * Whether the proofs reach the level. `verifiedDocument` reaches `authenticDocument`, and both reach `documentSeal`; no other
 * pair implies one another, save that every level includes its own parts.
 */
export const reaches = (proofs: Proofs, level: Level): boolean =>
  NEEDED[level].some((needed) => needed.every((proof) => proofs.has(proof)));

/** Levels from the strongest statement to the weakest. */
export const STRONGEST_FIRST: readonly Level[] = [
  "verifiedDocument",
  "authenticDocument",
  "originalChip",
  "documentSeal",
  "identifier",
];

/** The level to name for a set of proofs; none when nothing was proven. */
export const reachedLevel = (proofs: Proofs): Level | undefined =>
  STRONGEST_FIRST.find((level) => reaches(proofs, level));
