/** What a State's certificates are for: a signer of other things signs no documents. */
import { expect, test } from "vitest";
import { authority } from "../../src/sim/pki/authority.ts";
import { element } from "../../src/sim/pki/der.ts";
import { SCHEMES } from "../../src/sim/pki/signature-scheme.ts";
import { makeSignedData } from "../../src/sim/pki/signed-data.ts";
import { masterListSigner } from "../../src/sim/pki/trust-material.ts";
import { store } from "../pki/makers.ts";
import { failure, ldsObject, SECURITY_OBJECT } from "./document-makers.ts";

test("who signs other things for the State signs no documents: master lists, for example", () => {
  const signer = masterListSigner();
  const sod = element(
    0x77,
    makeSignedData({
      contentType: SECURITY_OBJECT,
      content: ldsObject(),
      digest: "sha512",
      scheme: SCHEMES[2],
      signer,
    }),
  );
  const anchors = store({ anchors: [authority("self-made").countrySigner(2).certificate] });
  expect(failure({ sod, anchors })).toEqual({ kind: "signerUsage" });
});
