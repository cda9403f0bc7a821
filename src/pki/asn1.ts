/**
 * The guarded door to the ASN.1 parser. Hostile bytes are walked first (`asn1-scan.ts`), so the parser sees only what
 * is bounded and well formed; schemas then give the parts their names, and the readers below their values. The
 * parser keeps views of the original bytes, which are what is hashed (ITU-T X.680, X.690).
 */
import {
  type AsnSchemaType,
  type AsnType,
  BaseBlock,
  BaseStringBlock,
  BitString,
  Boolean as BooleanBlock,
  Constructed,
  compareSchema,
  fromBER,
  Integer,
  ObjectIdentifier,
  OctetString,
  Primitive,
  UTCTime,
} from "asn1js";
import { err, ok, type Result } from "../result.ts";
import { parseInstant } from "../time/parse-iso-8601.ts";
import type { Instant } from "../time/time.ts";
import { type Asn1Error, type Asn1Limits, scanAsn1 } from "./asn1-scan.ts";

/** One parsed element with all that is in it. */
export type Element = AsnType;

/** Objects that a card hands over, and single certificates: a signed object has some 200 elements. */
export const CARD_OBJECT: Asn1Limits = { maxBytes: 65_536, maxElements: 2_000 };

/** Parses the first element of `bytes`; what is behind it is filler and ignored. Errors as `scanAsn1`. */
export function parseAsn1(bytes: Uint8Array, limits: Asn1Limits): Result<Element, Asn1Error> {
  const length = scanAsn1(bytes, limits);
  if (!length.ok) return length;
  const malformed = err<Asn1Error>({ kind: "asn1", why: "malformed", offset: 0 });
  try {
    const { offset, result } = fromBER(bytes.subarray(0, length.value), {
      copyInput: false,
      parseEmbedded: false,
      maxNodes: limits.maxElements,
      maxContentLength: limits.maxBytes,
    });
    return offset === length.value ? ok(result) : malformed;
  } catch {
    // The parser throws at some values that are well formed and mean nothing, such as an empty object identifier.
    return malformed;
  }
}

/** As `parseAsn1`, for an object that must have no byte behind it. */
export function parseWhole(bytes: Uint8Array, limits: Asn1Limits): Result<Element, Asn1Error> {
  const element = parseAsn1(bytes, limits);
  if (!element.ok) return element;
  const length = rawBytes(element.value).length;
  return length === bytes.length ? element : err({ kind: "asn1", why: "malformed", offset: length });
}

/** The named parts of an element that fits a schema. */
export class Parts {
  readonly #found: Readonly<Record<string, unknown>>;

  constructor(found: Readonly<Record<string, unknown>>) {
    this.#found = found;
  }

  /** The part of this name; the schema says that it is there, so its absence is a defect and throws. */
  get(name: string): Element {
    const part = this.optional(name);
    if (part === undefined) throw new Error(`the schema has no part ${name}`);
    return part;
  }

  /** The part of this name, if the element has it. */
  optional(name: string): Element | undefined {
    const part = this.#found[name];
    return part instanceof BaseBlock ? part : undefined;
  }
}

/**
 * The parts that `schema` names, or `undefined` if the element has another shape. Elements behind the last of the schema
 * are let pass, as types that may grow want it.
 */
export function match(element: Element | undefined, schema: AsnSchemaType): Parts | undefined {
  if (element === undefined) return undefined;
  const found: Record<string, unknown> = {};
  // The library hangs the parts on any object; its types ask for an element, which is costly to make.
  return compareSchema(found as unknown as AsnType, element, schema).verified ? new Parts(found) : undefined;
}

/** The element as it stood in the input, header included: a view, not a copy. */
export const rawBytes = (element: Element): Uint8Array => element.valueBeforeDecodeView;

/** The elements inside a constructed one, in their order; none for a primitive. */
export const children = (element: Element | undefined): readonly Element[] =>
  element instanceof Constructed ? element.valueBlock.value : [];

/** Dotted text of an OBJECT IDENTIFIER, "" for any other element. */
export const oid = (element: Element | undefined): string =>
  element instanceof ObjectIdentifier ? element.getValue() : "";

/** Content bytes of an INTEGER, two's complement, as they are written. */
export const integerBytes = (element: Element | undefined): Uint8Array =>
  element instanceof Integer ? element.valueBlock.valueHexView : new Uint8Array(0);

/** Value of a BOOLEAN; false for any other element. */
export const isTrue = (element: Element | undefined): boolean =>
  element instanceof BooleanBlock && element.getValue();

/** Content of an OCTET STRING, put together if it comes in parts; `undefined` for any other element. */
export function octets(element: Element | undefined): Uint8Array | undefined {
  return element instanceof OctetString ? new Uint8Array(element.getValue()) : undefined;
}

/** Content of a BIT STRING, the last bits of which may be unused; `undefined` for any other element or one in parts. */
export function bits(element: Element | undefined): Uint8Array | undefined {
  if (!(element instanceof BitString) || element.idBlock.isConstructed) return undefined;
  return element.valueBlock.valueHexView;
}

/** Content of a BIT STRING of whole bytes, as signatures are; `undefined` for any other. */
export const wholeBits = (element: Element | undefined): Uint8Array | undefined =>
  element instanceof BitString && element.valueBlock.unusedBits === 0 ? bits(element) : undefined;

/** Content of a primitive element with a tag of its context, such as an implicitly tagged OCTET STRING. */
export const contextBytes = (element: Element | undefined): Uint8Array | undefined =>
  element instanceof Primitive ? element.valueBlock.valueHexView : undefined;

/** Characters of a string of any type; `undefined` for any other element. */
export const text = (element: Element | undefined): string | undefined =>
  element instanceof BaseStringBlock ? element.getValue() : undefined;

const TIME = /^(\d{2}|\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})?(?:\.\d+)?(Z|[+-]\d{4})$/;
/** Two-digit years from here on are of the last century (RFC 5280 §4.1.2.5.1). */
const CENTURY_PIVOT = 50;

/** Instant of a UTCTime or GeneralizedTime (to the parser a kind of it), to the second; `undefined` for another element or an impossible time. */
export function time(element: Element | undefined): Instant | undefined {
  const written = element instanceof UTCTime ? ascii(element.valueBlock.valueHexView) : "";
  const [, year = "", month, day, hour, minute, second = "00", zone = ""] = TIME.exec(written) ?? [];
  const century = year.length === 4 ? "" : Number(year) >= CENTURY_PIVOT ? "19" : "20";
  const offset = zone === "Z" ? "Z" : `${zone.slice(0, 3)}:${zone.slice(3)}`;
  return parseInstant(`${century}${year}-${month}-${day}T${hour}:${minute}:${second}${offset}`);
}

const ascii = (bytes: Uint8Array): string => String.fromCharCode(...bytes.subarray(0, 32));
