/**
 * The list in which a State names the authorities whose seals count, such as that of ANTS for France: for each provider its
 * identifier (`FR05`) and the certificate of its service. Read for its content alone; that it is the State's list, whoever
 * calls must know. ETSI TS 119 612, clause 5; ANTS, 2D-Doc specification 3.2.6, 5.1 (step 4).
 */
import { parseBase64 } from "../pki/base64.ts";
import { type Certificate, parseCertificate } from "../pki/certificate.ts";
import { mayCertify } from "../pki/chain.ts";
import { parseXml, type XmlElement, type XmlError } from "../pki/xml.ts";
import { err, ok, type Result } from "../result.ts";
import { parseInstant } from "../time/parse-iso-8601.ts";
import type { Instant } from "../time/time.ts";
import { isAuthorityId } from "./sealer.ts";

/** An authority as the list names it. */
export interface ListedAuthority {
  readonly authorityId: string;
  readonly certificate: Certificate;
}

export interface TrustedList {
  /** Two letters. */
  readonly territory: string;
  readonly issuedAt: Instant;
  /** When the next list is due, if this one says so. */
  readonly nextUpdate: Instant | undefined;
  readonly authorities: readonly ListedAuthority[];
  /** Services that are no authorities, or not in force. */
  readonly notInForce: number;
  /** Services without identifier or readable certificate, or whose certificate names another authority. */
  readonly unreadable: number;
}

export type TrustedListError =
  | XmlError
  | {
      readonly kind: "trustedList";
      readonly field: "root" | "territory" | "issued" | "nextUpdate" | "providers";
    };

const NAMESPACE = "http://uri.etsi.org/02231/v2#";
/** Services that issue certificates (clauses 5.5.1 and D.2), and the states in which they count. */
const CERTIFICATE_SERVICES: ReadonlySet<string> = new Set([
  "http://uri.etsi.org/TrstSvc/Svctype/CA/PKC",
  "http://uri.etsi.org/TrstSvc/Svctype/CA/QC",
]);
const IN_FORCE: ReadonlySet<string> = new Set([
  "http://uri.etsi.org/TrstSvc/Svcstatus/inaccord",
  "http://uri.etsi.org/TrstSvc/TrustedList/Svcstatus/granted",
]);
const TERRITORY = /^[A-Z]{2}$/;

/** Reads a list; services that cannot be used are counted and left out. Never throws. */
export function readTrustedList(bytes: Uint8Array): Result<TrustedList, TrustedListError> {
  const bad = (field: Extract<TrustedListError, { readonly kind: "trustedList" }>["field"]) =>
    err<TrustedListError>({ kind: "trustedList", field });
  const document = parseXml(bytes);
  if (!document.ok) return document;
  const list = document.value;
  if (list.namespace !== NAMESPACE || list.name !== "TrustServiceStatusList") return bad("root");
  const territory = textAt(list, "SchemeInformation", "SchemeTerritory");
  if (!TERRITORY.test(territory)) return bad("territory");
  const issuedAt = parseInstant(textAt(list, "SchemeInformation", "ListIssueDateTime"));
  if (issuedAt === undefined) return bad("issued");
  const due = textAt(list, "SchemeInformation", "NextUpdate", "dateTime");
  const nextUpdate = parseInstant(due);
  if (due !== "" && nextUpdate === undefined) return bad("nextUpdate");
  const providers = allAt(list, "TrustServiceProviderList", "TrustServiceProvider");
  if (providers.length === 0) return bad("providers");
  const services = providers.flatMap(servicesOf);
  return ok({
    territory,
    issuedAt,
    nextUpdate,
    authorities: services.flatMap((service) => (typeof service === "string" ? [] : [service])),
    notInForce: services.filter((service) => service === "notInForce").length,
    unreadable: services.filter((service) => service === "unreadable").length,
  });
}

type Service = ListedAuthority | "notInForce" | "unreadable";

/** What each certificate of each service of a provider comes to. */
function servicesOf(provider: XmlElement): readonly Service[] {
  const tradeNames = allAt(provider, "TSPInformation", "TSPTradeName", "Name").map(({ text }) => text.trim());
  // The name stands there once for each language, as the same identifier.
  const ids = new Set(tradeNames.filter(isAuthorityId));
  const [authorityId, ...others] = ids;
  return allAt(provider, "TSPServices", "TSPService", "ServiceInformation").flatMap((service) => {
    const isInForce =
      CERTIFICATE_SERVICES.has(textAt(service, "ServiceTypeIdentifier")) &&
      IN_FORCE.has(textAt(service, "ServiceStatus"));
    if (!isInForce) return ["notInForce" as const];
    const certificates = allAt(service, "ServiceDigitalIdentity", "DigitalId", "X509Certificate");
    if (authorityId === undefined || others.length > 0 || certificates.length === 0)
      return ["unreadable" as const];
    return certificates.map(({ text }) => authorityOf(authorityId, text));
  });
}

function authorityOf(authorityId: string, base64: string): Service {
  const der = parseBase64(base64.replaceAll(/\s/g, ""));
  const certificate = der && parseCertificate(der);
  if (certificate?.ok !== true || !mayCertify(certificate.value)) return "unreadable";
  const { commonName } = certificate.value.subject;
  const contradicts = isAuthorityId(commonName) && commonName !== authorityId;
  return contradicts ? "unreadable" : { authorityId, certificate: certificate.value };
}

/** All elements of the list's namespace that a path of names leads to. */
const allAt = (element: XmlElement, ...path: readonly string[]): readonly XmlElement[] =>
  path.reduce<readonly XmlElement[]>(
    (elements, step) =>
      elements.flatMap(({ children }) =>
        children.filter(({ namespace, name }) => namespace === NAMESPACE && name === step),
      ),
    [element],
  );

/** The text of the one element at a path; "" if there is none, or more than one. */
function textAt(element: XmlElement, ...path: readonly string[]): string {
  const [only, ...others] = allAt(element, ...path);
  return only === undefined || others.length > 0 ? "" : only.text.trim();
}
