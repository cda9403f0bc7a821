/**
 * Trusted lists with the elements, in the order and with the namespaces of the one that ANTS publishes for France (ETSI TS
 * 119 612), about authorities of these tests. The signature at the end has the shape of one and signs nothing.
 */

export interface ListedService {
  /** Text of the trade name, once for each language; none when empty. */
  readonly tradeNames?: readonly string[];
  readonly type?: string;
  readonly status?: string;
  /** DER, or a text that stands in place of base64. */
  readonly certificates?: readonly (Uint8Array | string)[];
}

export interface ListFields {
  readonly territory?: string;
  readonly issued?: string;
  /** Empty for a list without. */
  readonly nextUpdate?: string;
  readonly services?: readonly ListedService[];
  /** The prefix of the list's namespace; without one it is the default. */
  readonly prefix?: string;
}

const SERVICE_TYPE = "http://uri.etsi.org/TrstSvc/Svctype/CA/PKC";
const IN_FORCE = "http://uri.etsi.org/TrstSvc/Svcstatus/inaccord";

export function trustedList({
  territory = "FR",
  issued = "2025-08-25T11:00:00Z",
  nextUpdate = "2026-02-25T11:00:00Z",
  services = [],
  prefix = "tsl:",
}: ListFields = {}): string {
  const declared = prefix === "" ? "xmlns" : `xmlns:${prefix.slice(0, -1)}`;
  const of = (name: string, ...content: readonly string[]) =>
    `<${prefix}${name}>${content.join("")}</${prefix}${name}>`;
  const names = (...texts: readonly string[]) =>
    texts
      .map((text, index) => `<${prefix}Name xml:lang="${index === 0 ? "en" : "fr"}">${text}</${prefix}Name>`)
      .join("\n");
  const provider = ({ tradeNames = ["FR05"], type, status, certificates = [] }: ListedService) =>
    of(
      "TrustServiceProvider",
      of(
        "TSPInformation",
        of("TSPName", names("Agence Nationale des Titres Sécurisés")),
        ...(tradeNames.length === 0 ? [] : [of("TSPTradeName", names(...tradeNames))]),
        of("TSPInformationURI", of("URI", "http://seals.example/FR05_cert.der?a=1&amp;b=2")),
      ),
      of(
        "TSPServices",
        of(
          "TSPService",
          of(
            "ServiceInformation",
            of("ServiceTypeIdentifier", type ?? SERVICE_TYPE),
            of("ServiceName", names("FR05 2D-DOC Barcode Signature")),
            of(
              "ServiceDigitalIdentity",
              ...certificates.map((one) => of("DigitalId", of("X509Certificate", base64(one)))),
            ),
            of("ServiceStatus", status ?? IN_FORCE),
            of("StatusStartingTime", "2021-03-15T23:00:00Z"),
          ),
        ),
      ),
    );
  return [
    `<?xml version="1.0" encoding="UTF-8" standalone="no"?>`,
    `<${prefix}TrustServiceStatusList xmlns:ds="http://www.w3.org/2000/09/xmldsig#" ${declared}="http://uri.etsi.org/02231/v2#" TSLTag="http://uri.etsi.org/02231/TSLTag">`,
    of(
      "SchemeInformation",
      of("TSLVersionIdentifier", "5"),
      of("SchemeName", names("FR:2D-Doc", "FR:2D-Doc")),
      of("SchemeTerritory", territory),
      of("ListIssueDateTime", issued),
      ...(nextUpdate === "" ? [] : [of("NextUpdate", of("dateTime", nextUpdate))]),
    ),
    of("TrustServiceProviderList", ...services.map(provider)),
    `<ds:Signature Id="id-1"><ds:SignedInfo><ds:SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"/></ds:SignedInfo><ds:KeyInfo><ds:X509Data><ds:X509Certificate>AAAA</ds:X509Certificate></ds:X509Data></ds:KeyInfo></ds:Signature>`,
    `</${prefix}TrustServiceStatusList>`,
  ].join("\n");
}

/** In lines, as some publishers fold it. */
const base64 = (certificate: Uint8Array | string): string =>
  typeof certificate === "string"
    ? certificate
    : `\n\t\t${(
        Buffer.from(certificate)
          .toString("base64")
          .match(/.{1,76}/g) ?? []
      ).join("\n")}\n\t`;
