/**
 * Why bytes are no seal, or not one that can be taken apart. Every kind says in `why` what exactly; nothing that stood in the
 * seal is repeated, save identifiers of fields that the specification has.
 */

/** The part of a header that is not as the specification has it. */
export type HeaderPart =
  | "length"
  | "authority"
  | "certificate"
  | "documentDate"
  | "signatureDate"
  | "documentType"
  | "perimeter"
  | "country";

/** What is wrong in a message. */
export type MessageFault =
  /** An identifier that is not in the table, so that nobody knows where its value ends. */
  | "unknownField"
  /** A value that ends before its least length, or with the message. */
  | "tooShort"
  /** A field of fixed length that says it was cut off, which the specification forbids. */
  | "cutFixedLength"
  /** A byte that no value may hold. */
  | "character"
  /** In the binary form: a length that reaches beyond the end. */
  | "cutOff";

export type SealError =
  | { readonly kind: "noSeal"; readonly why: "empty" | "tooLong" | "marker" }
  | { readonly kind: "sealVersion"; readonly why: "unknownVersion" }
  | { readonly kind: "sealHeader"; readonly why: HeaderPart }
  | { readonly kind: "sealMessage"; readonly why: MessageFault }
  /** `why` is the field's identifier. */
  | { readonly kind: "sealFieldTwice"; readonly why: string }
  | { readonly kind: "sealFieldMissing"; readonly why: string }
  | { readonly kind: "sealSignature"; readonly why: "missing" | "alphabet" | "length" };
