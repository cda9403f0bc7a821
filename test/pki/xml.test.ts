// The strict reader of XML: what it takes, and that everything by which XML reaches beyond itself is refused.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseXml } from "../../src/pki/xml.ts";
import { bad, good } from "../good.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const read = (text: string) => good(parseXml(bytes(text)));
const why = (text: string) => bad(parseXml(bytes(text))).why;
const leaf = (name: string, text = "", namespace = "") => ({ namespace, name, text, children: [] });

describe("a document", () => {
  test("is elements with their text, behind a byte order mark, a declaration and comments", () => {
    const text = `\u{feff}<?xml version="1.0" encoding='utf-8' standalone="no"?>
      <!-- a comment - with <signs> & all -->
      <list kind="x" other='"'><name> FR05 </name><empty/><empty></empty><!----></list >
      <!-- the end -->`;
    expect(read(text)).toEqual({
      ...leaf("list"),
      children: [leaf("name", " FR05 "), leaf("empty"), leaf("empty")],
    });
  });

  test("joins the text around what is inside", () => {
    expect(read("<a>one<b>two</b>three<!-- four -->five</a>")).toMatchObject({ text: "onethreefive" });
  });

  test("has the five references of XML, and characters by number", () => {
    expect(read("<a>&lt;&gt;&amp;&quot;&apos;&#65;&#x1F600;&#13;</a>").text).toBe("<>&\"'A\u{1f600}\r");
  });

  test("has namespaces, by default and by prefix, as far as they reach", () => {
    const document = read(
      `<a xmlns="one" xmlns:t="two"><t:b/><b xmlns="three"><c/></b><b/><t:b xmlns:t='four'/></a>`,
    );
    expect(document.namespace).toBe("one");
    expect(document.children.map(({ namespace, name }) => `${namespace} ${name}`)).toEqual([
      "two b",
      "three b",
      "one b",
      "four b",
    ]);
    expect(document.children[1]?.children[0]?.namespace).toBe("three");
  });
});

describe("refused is", () => {
  test.each([
    [`<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>`],
    [`<?xml version="1.0"?>\n<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>`],
    [`<!-- c --><!DOCTYPE a><a/>`],
  ])("a document type: %s", (text) => {
    expect(why(text)).toBe("documentType");
  });

  test.each([
    "<a>&x;</a>",
    "<a>&</a>",
    "<a>&amp</a>",
    "<a b='&x;'/>",
    "<a>&#0;</a>",
    "<a>&#xD800;</a>",
    "<a>&#x110000;</a>",
    "<a>&#12345678;</a>",
  ])("a reference of another kind: %s", (text) => {
    expect(why(text)).toBe("entity");
  });

  test.each([
    "",
    "text",
    "<a>",
    "</a>",
    "<a></b>",
    "<a><b></a></b>",
    "<a/><b/>",
    "<a/>text",
    "text<a/>",
    "<a b=c/>",
    "<a b='1' b='2'/>",
    "<a b='<'/>",
    "<a b/>",
    "<a b='1'c='2'/>",
    "< a/>",
    "<a",
    "<1/>",
    "<a><!-- -- --></a>",
    "<a><!-- </a>",
    "<a><![CDATA[x]]></a>",
    "<a>]]></a>",
    "<?xml version='1.0'?><?pi?><a/>",
    " <?xml version='1.0'?><a/>",
    "<a>\u0001</a>",
    "<a>\ufffe</a>",
  ])("what is not well formed: %j", (text) => {
    expect(why(text)).toBe("syntax");
  });

  test.each(["<t:a/>", "<a xmlns:u='x'><t:b/></a>", "<a><b xmlns:t='x'/><t:c/></a>"])(
    "a prefix that nobody declared: %s",
    (text) => {
      expect(why(text)).toBe("namespace");
    },
  );

  test("another encoding than UTF-8, or bytes that are none", () => {
    expect(why(`<?xml version="1.0" encoding="ISO-8859-1"?><a/>`)).toBe("encoding");
    expect(bad(parseXml(Uint8Array.of(0x3c, 0x61, 0xff, 0x2f, 0x3e))).why).toBe("encoding");
    expect(bad(parseXml(Uint8Array.of(0xff, 0xfe, 0x3c, 0x00))).why).toBe("encoding");
  });

  test("more than any list has: bytes, elements, depth, attributes", () => {
    expect(why(`<a>${"x".repeat(1_048_576)}</a>`)).toBe("limit");
    expect(why(`<a>${"<b/>".repeat(20_000)}</a>`)).toBe("limit");
    expect(why(`${"<a>".repeat(33)}${"</a>".repeat(33)}`)).toBe("limit");
    expect(why(`<a ${Array.from({ length: 65 }, (_, index) => `b${index}='1'`).join(" ")}/>`)).toBe("limit");
    expect(read(`${"<a>".repeat(32)}${"</a>".repeat(32)}`).name).toBe("a");
  });
});

test("a million characters of one kind are answered in less than seconds", () => {
  const count = 1_000_000;
  for (const [start, unit] of [
    ["<a>", "&"],
    ["<a>", "&amp;"],
    ["<a ", "b="],
    ["<a", " "],
    ["<a b='", "x"],
    ["<", "a:"],
    ["<!--", "- "],
    ["<a>", "<"],
    ["", "<a>"],
    ["<a>", "<b/>"],
  ] as const)
    expect(parseXml(bytes(start + unit.repeat(count / unit.length))).ok).toBe(false);
}, 10_000);

test("no text makes it throw", () => {
  const piece = fc.constantFrom(
    ..."<>/='\"&;!-? \nab:",
    ...["<a>", "</a>", "<a/>", "<!--", "-->", "xmlns", "<?xml", "<!DOCTYPE", "&amp;", "&#1", "]]>"],
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
      const parsed = parseXml(bytes(pieces.join("")));
      if (!parsed.ok) expect(parsed.error.kind).toBe("xml");
    }),
    { numRuns: 3_000 },
  );
  fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), (some) => void parseXml(some)));
});
