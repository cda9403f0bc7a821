/**
 * What the files of the travel application have in common: each is one data object with a tag of its own, filler behind
 * it, and most hold further objects. Readers of single files start here.
 * Governing text: ICAO Doc 9303-10 §4.6, §4.7.
 */
import { readTlv, readTlvs, type Tlv } from "../../bytes/ber-tlv.ts";
import { err, ok, type Result } from "../../result.ts";
import { LDS_FILES, type LdsFileName } from "./data-groups.ts";

/** A file that is not what its name promises. Nothing of its content is told. */
export interface LdsMalformed {
  readonly kind: "ldsMalformed";
  readonly file: LdsFileName;
  /**
   * `length`: the bytes end inside the object, or its header cannot be read. `tag`: it is an object of another kind.
   * `structure`: what must be inside is not there, or what is there are no data objects.
   */
  readonly why: "length" | "tag" | "structure";
}

/** Content of the object that `file` is; bytes behind it are filler. */
export function fileContent(name: LdsFileName, file: Uint8Array): Result<Uint8Array, LdsMalformed> {
  const object = readTlv(file);
  if (!object.ok) return err({ kind: "ldsMalformed", file: name, why: "length" });
  if (object.value.tag !== LDS_FILES[name].tag) return err({ kind: "ldsMalformed", file: name, why: "tag" });
  return ok(object.value.value);
}

/** The objects that are the content of `file`. */
export function fileObjects(name: LdsFileName, file: Uint8Array): Result<readonly Tlv[], LdsMalformed> {
  const content = fileContent(name, file);
  return content.ok ? objectsIn(name, content.value) : content;
}

/** The objects of a template inside the file `name`. */
export function objectsIn(name: LdsFileName, template: Uint8Array): Result<readonly Tlv[], LdsMalformed> {
  const objects = readTlvs(template);
  return objects.ok ? objects : err({ kind: "ldsMalformed", file: name, why: "structure" });
}

/** Content of the first object with this tag. */
export const contentOf = (objects: readonly Tlv[], tag: number): Uint8Array | undefined =>
  objects.find((object) => object.tag === tag)?.value;
