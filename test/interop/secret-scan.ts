/**
 * Looks for secrets in whatever a program left behind, in every form in which one is likely to slip out:
 * as it is, as hexadecimal, as base64 at any offset of a longer text, reversed, split, packed as decimal
 * digits. Governing text: privacy rules, §8 (log test).
 */

export interface Secret {
  readonly name: string;
  /** The bytes as the program holds them; text secrets are ASCII. */
  readonly bytes: Uint8Array;
}

/** A thing to look through: a file, a stream, the messages of a topic. */
export interface Material {
  readonly name: string;
  readonly content: Uint8Array;
}

export interface Finding {
  readonly secret: string;
  readonly form: string;
  readonly material: string;
}

interface Needle {
  readonly form: string;
  /** One character per byte. */
  readonly text: string;
  readonly letterCase: "exact" | "any";
}

const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");
const SEPARATORS = [" ", ":", "-", "."] as const;
const DIGITS = /^[0-9]+$/;

/** Every secret in every form in which it occurs. */
export function findSecrets(secrets: readonly Secret[], materials: readonly Material[]): readonly Finding[] {
  const wanted = secrets.map(({ name, bytes }) => ({ name, needles: needlesOf(bytes) }));
  return materials.flatMap(({ name: material, content }) => {
    const exact = latin1(content);
    const lower = exact.toLowerCase();
    return wanted.flatMap(({ name: secret, needles }) =>
      needles
        .filter(({ text, letterCase }) => (letterCase === "any" ? lower : exact).includes(text))
        .map(({ form }) => ({ secret, form, material })),
    );
  });
}

function needlesOf(bytes: Uint8Array): readonly Needle[] {
  const raw = latin1(bytes);
  const reversed = latin1(Uint8Array.from(bytes).reverse());
  return [
    { form: "raw", text: raw, letterCase: "exact" },
    { form: "raw, reversed", text: reversed, letterCase: "exact" },
    ...hexNeedles("hex", bytes),
    ...hexNeedles("hex, reversed", Uint8Array.from(bytes).reverse()),
    ...base64Needles(bytes),
    ...(DIGITS.test(raw) ? digitNeedles(raw) : []),
  ];
}

/** In one piece and byte by byte; compared without regard to case. */
function hexNeedles(form: string, bytes: Uint8Array): readonly Needle[] {
  const pairs = [...bytes].map((byte) => byte.toString(16).padStart(2, "0"));
  return ["", ...SEPARATORS].map((separator) => ({
    form: separator === "" ? form : `${form}, split`,
    text: pairs.join(separator),
    letterCase: "any",
  }));
}

/**
 * Within a longer text base64 depends on the offset modulo three: what the neighbours have no part in is
 * looked for, in both alphabets.
 */
function base64Needles(bytes: Uint8Array): readonly Needle[] {
  return [0, 1, 2].flatMap((offset) => {
    const encoded = Buffer.concat([new Uint8Array(offset), bytes]).toString("base64");
    const from = Math.ceil((offset * 8) / 6);
    const to = Math.floor(((offset + bytes.length) * 8) / 6);
    const text = encoded.slice(from, to);
    const inUrls = text.replaceAll("+", "-").replaceAll("/", "_");
    return [...new Set([text, inUrls])].map(
      (needle) => ({ form: "base64", text: needle, letterCase: "exact" }) as const,
    );
  });
}

/** Three bytes, as six digits have packed, stand in each thirtieth database of half a megabyte by chance. */
const LEAST_PACKED_BYTES = 4;

/** Twelve digits are also written in groups, and packed two to a byte, in either order of the halves. */
function digitNeedles(digits: string): readonly Needle[] {
  const groups = [1, 2, 3, 4, 6].flatMap((size) =>
    SEPARATORS.map((separator) => digits.match(new RegExp(`.{1,${size}}`, "g"))?.join(separator) ?? digits),
  );
  const packed = Buffer.from(digits, "hex");
  const swapped = packed.map((byte) => ((byte & 0x0f) << 4) | (byte >> 4));
  const telling = packed.length < LEAST_PACKED_BYTES ? [] : [packed, swapped];
  return [
    ...groups.map((text) => ({ form: "split", text, letterCase: "exact" }) as const),
    ...telling.map((bytes) => ({ form: "BCD", text: latin1(bytes), letterCase: "exact" }) as const),
    { form: "16-bit characters", text: [...digits].join("\0"), letterCase: "exact" },
  ];
}
