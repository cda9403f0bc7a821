/**
 * The little of XML that published lists of trust services are written in, read strictly: elements, character data,
 * namespaces and comments, in UTF-8. Whatever lets a document reach beyond itself is refused: document types, entities
 * of its own, processing instructions. Attributes are checked and dropped but for those that declare namespaces.
 * W3C XML 1.0 (fifth edition), Namespaces in XML 1.0.
 */
import { err, ok, type Result } from "../result.ts";

export interface XmlElement {
  /** The namespace's URI; "" for none. */
  readonly namespace: string;
  /** Without prefix. */
  readonly name: string;
  readonly children: readonly XmlElement[];
  /** The character data directly in it. */
  readonly text: string;
}

export interface XmlError {
  readonly kind: "xml";
  readonly why: "encoding" | "documentType" | "entity" | "namespace" | "syntax" | "limit";
  /** In characters. */
  readonly offset: number;
}

/** Lists of trust services have some 300 elements, 10 deep, with 6 attributes at most. */
const MAX_BYTES = 1_048_576;
const MAX_ELEMENTS = 20_000;
const MAX_DEPTH = 32;
const MAX_ATTRIBUTES = 64;

const NAME = String.raw`[A-Za-z_][\w.-]*(?::[A-Za-z_][\w.-]*)?`;
const VALUE = `"[^"<]*"|'[^'<]*'`;
const DECLARATION = new RegExp(String.raw`<\?xml(?:\s+[a-z]+\s*=\s*(?:${VALUE}))+\s*\?>`, "y");
/** An end tag, a start tag with its attributes and perhaps the slash of an empty element, or text. */
const TOKEN = new RegExp(
  String.raw`</(${NAME})\s*>|<(${NAME})((?:\s+${NAME}\s*=\s*(?:${VALUE}))*)\s*(/?)>|([^<]+)`,
  "y",
);
const ATTRIBUTE = new RegExp(String.raw`(${NAME})\s*=\s*(${VALUE})`, "g");
/** Characters that no XML document may have (XML 1.0 §2.2), and the text ends of CDATA, which is not read. */
const FORBIDDEN = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]|\]\]>/u;
const ENCODING = /encoding\s*=\s*["'](?!utf-8["'])/i;
const REFERENCE = /&(?:(amp|lt|gt|quot|apos)|#(\d{1,7})|#x([0-9a-fA-F]{1,6}));|&/g;
const PREDEFINED = new Map([
  ["amp", "&"],
  ["lt", "<"],
  ["gt", ">"],
  ["quot", '"'],
  ["apos", "'"],
]);
const LAST_CODE_POINT = 0x10_ffff;

/** Reads one document. Never throws; the work is proportional to the length. */
export function parseXml(bytes: Uint8Array): Result<XmlElement, XmlError> {
  if (bytes.length > MAX_BYTES) return fail("limit", MAX_BYTES);
  const text = decode(bytes);
  if (text === undefined) return fail("encoding", 0);
  DECLARATION.lastIndex = 0;
  const declaration = DECLARATION.exec(text)?.[0] ?? "";
  if (ENCODING.test(declaration)) return fail("encoding", 0);
  const forbidden = text.search(FORBIDDEN);
  if (forbidden >= 0) return fail("syntax", forbidden);
  return new Reader(text).read(declaration.length);
}

const fail = (why: XmlError["why"], offset: number): Result<never, XmlError> =>
  err({ kind: "xml", why, offset });

function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    // Bytes that are no UTF-8 tell no more than that.
    return undefined;
  }
}

type Scope = ReadonlyMap<string, string>;

/** An element whose end has not come yet. */
interface OpenElement {
  readonly tag: string;
  readonly namespace: string;
  readonly name: string;
  readonly scope: Scope;
  readonly children: XmlElement[];
  text: string;
}

class Reader {
  readonly #text: string;
  readonly #open: OpenElement[] = [];
  #root: XmlElement | undefined;
  #elements = 0;

  constructor(text: string) {
    this.#text = text;
  }

  read(start: number): Result<XmlElement, XmlError> {
    let at = start;
    while (at < this.#text.length) {
      const next = this.#token(at);
      if (typeof next === "string") return fail(next, at);
      at = next;
    }
    return this.#root === undefined || this.#open.length > 0 ? fail("syntax", at) : ok(this.#root);
  }

  /** Where the next token stands, once this one is taken, or what is wrong with it. */
  #token(at: number): number | XmlError["why"] {
    if (this.#text.startsWith("<!--", at)) return this.#endOfComment(at);
    TOKEN.lastIndex = at;
    const token = TOKEN.exec(this.#text);
    if (token === null) return this.#text.startsWith("<!DOCTYPE", at) ? "documentType" : "syntax";
    return this.#take(token) ?? at + token[0].length;
  }

  #endOfComment(at: number): number | XmlError["why"] {
    const end = this.#text.indexOf("--", at + "<!--".length);
    return end >= 0 && this.#text[end + 2] === ">" ? end + "-->".length : "syntax";
  }

  #take([, end, start, attributes = "", slash, data]: RegExpExecArray): XmlError["why"] | undefined {
    if (data !== undefined) return this.#data(data);
    if (start === undefined) return this.#end(end ?? "");
    return this.#start(start, attributes) ?? (slash === "/" ? this.#end(start) : undefined);
  }

  #start(tag: string, attributes: string): XmlError["why"] | undefined {
    this.#elements += 1;
    if (this.#elements > MAX_ELEMENTS || this.#open.length === MAX_DEPTH) return "limit";
    if (this.#root !== undefined) return "syntax";
    const scope = scopeOf(attributes, this.#open.at(-1)?.scope ?? OUTERMOST);
    if (typeof scope === "string") return scope;
    const [prefix, name] = tag.includes(":") ? tag.split(":", 2) : ["", tag];
    const namespace = scope.get(prefix ?? "");
    if (namespace === undefined || name === undefined) return "namespace";
    this.#open.push({ tag, namespace, name, scope, children: [], text: "" });
    return undefined;
  }

  #end(tag: string): XmlError["why"] | undefined {
    const closed = this.#open.pop();
    if (closed?.tag !== tag) return "syntax";
    const { namespace, name, children, text } = closed;
    const element = { namespace, name, children, text };
    const parent = this.#open.at(-1);
    if (parent === undefined) this.#root = element;
    else parent.children.push(element);
    return undefined;
  }

  #data(data: string): XmlError["why"] | undefined {
    const element = this.#open.at(-1);
    if (element === undefined) return data.trim() === "" ? undefined : "syntax";
    const text = resolved(data);
    if (text === undefined) return "entity";
    element.text += text;
    return undefined;
  }
}

const OUTERMOST: Scope = new Map([
  ["", ""],
  ["xml", "http://www.w3.org/XML/1998/namespace"],
]);

/** The prefixes inside an element: those around it and those that it declares itself. */
function scopeOf(attributes: string, outer: Scope): Scope | "syntax" | "entity" | "limit" {
  const found = new Map<string, string>();
  for (const [, name = "", quoted = ""] of attributes.matchAll(ATTRIBUTE)) {
    const value = resolved(quoted.slice(1, -1));
    if (found.has(name)) return "syntax";
    if (value === undefined) return "entity";
    if (found.size === MAX_ATTRIBUTES) return "limit";
    found.set(name, value);
  }
  const declared = [...found].flatMap(([name, value]): readonly (readonly [string, string])[] => {
    if (name === "xmlns") return [["", value]];
    return name.startsWith("xmlns:") ? [[name.slice("xmlns:".length), value]] : [];
  });
  return declared.length === 0 ? outer : new Map([...outer, ...declared]);
}

/** Character data with its references resolved: the five of XML itself, and numbers of characters. */
function resolved(data: string): string | undefined {
  let isWellFormed = true;
  const text = data.replaceAll(REFERENCE, (_, name?: string, decimal?: string, hexadecimal?: string) => {
    const code = decimal === undefined ? Number.parseInt(hexadecimal ?? "", 16) : Number(decimal);
    const character =
      name === undefined ? (code <= LAST_CODE_POINT ? String.fromCodePoint(code) : "") : PREDEFINED.get(name);
    if (character === undefined || character === "" || FORBIDDEN.test(character)) isWellFormed = false;
    return character ?? "";
  });
  return isWellFormed ? text : undefined;
}
