/** Sorts what the mqtt package reports before CONNACK by what the publisher must do next. */
import type { ConnectError } from "./mqtt-link.ts";
import { REASON_NAMES, RETURN_CODES_3 } from "./reason-codes.table.ts";

/** Codes of Node's TLS layer and of OpenSSL's certificate checks begin with one of these. */
const TLS_CODES = /^(ERR_TLS|ERR_SSL|ERR_OSSL|CERT_|UNABLE_TO_|DEPTH_ZERO|SELF_SIGNED|EPROTO)/;
const TLS_REMEDY = "check caFile, the name in the broker's certificate, and that the clock is right";

/** A numeric `code` is the broker's CONNACK; text is the operating system's or the TLS layer's. */
export function connectError(cause: Error): ConnectError {
  const code = "code" in cause ? cause.code : undefined;
  if (typeof code === "number") return refusal(code);
  if (typeof code !== "string") return { kind: "unreachable", cause };
  if (TLS_CODES.test(code)) return { kind: "tlsRefused", remedy: TLS_REMEDY, cause };
  return code === "ECONNRESET" || code === "EPIPE" ? { kind: "closedEarly" } : { kind: "unreachable", cause };
}

/** A broker that only knows 3.1.1 answers a CONNECT of version 5 with a return code of its own version. */
function refusal(connackCode: number): ConnectError {
  const code = RETURN_CODES_3[connackCode] ?? connackCode;
  return { kind: "refused", code, reason: REASON_NAMES[code] ?? "unknown reason" };
}
