/** The trust store of a gate that knows the simulator's own authority, as an operator would have imported it. */
import { parseCertificate } from "../src/pki/certificate.ts";
import { parseRevocationList } from "../src/pki/crl.ts";
import { anchorRecord, revocationListRecord, TrustAnchors } from "../src/pki/trust-anchors.ts";
import { authority } from "../src/sim/pki/authority.ts";
import { makeRevocationList } from "../src/sim/pki/revocation-list.ts";
import { good } from "./good.ts";

const GENERATIONS = [1, 2] as const;

/**
 * Both country signers, and their revocation lists when those are asked for. Another country is trusted for its own
 * documents, and the test authority is known and refused, as on a gate that is no laboratory.
 */
export function anchorsOf(options: { readonly crl?: "revoked" } = {}): TrustAnchors {
  const certificates = (["self-made", "foreign", "test"] as const).flatMap((name) =>
    GENERATIONS.map((generation) => authority(name).countrySigner(generation).certificate),
  );
  const lists =
    options.crl === undefined
      ? []
      : GENERATIONS.map((generation) => makeRevocationList({ authority: "self-made", generation }));
  return new TrustAnchors({
    anchors: certificates.map((der) => anchorRecord(good(parseCertificate(der)))),
    revocationLists: lists.map((der) => revocationListRecord(good(parseRevocationList(der)))),
    crl: "warn",
    testAnchors: "refuse",
  });
}
