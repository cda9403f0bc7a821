/**
 * A country signer, a document signer and what they sign, all made by OpenSSL's command line: keys, extensions and
 * encodings that nobody here chose. The same words make it for every kind of key and signature.
 */
import { readFileSync } from "node:fs";
import { type Bench, openssl } from "../sim/pki/openssl.ts";

/** How keys are made and certificates signed. */
export interface Scheme {
  readonly name: string;
  readonly newKey: readonly string[];
  readonly sign: readonly string[];
  /** Options of `openssl cms -sign`. */
  readonly cms: readonly string[];
  /** What OpenSSL itself cannot do with the scheme. */
  readonly beyondOpenssl?: "streaming" | "chain";
}

export const rsa = ["-newkey", "rsa:2048"];
export const curve = (name: string, encoding: string) => [
  "-newkey",
  "ec",
  "-pkeyopt",
  `ec_paramgen_curve:${name}`,
  "-pkeyopt",
  `ec_param_enc:${encoding}`,
];
const pss = (hash: string) => [
  "-sigopt",
  "rsa_padding_mode:pss",
  "-sigopt",
  "rsa_pss_saltlen:digest",
  `-${hash}`,
];
const cmsPss = ["-keyopt", "rsa_padding_mode:pss", "-keyopt", "rsa_pss_saltlen:digest"];

export const SCHEMES: readonly Scheme[] = [
  { name: "RSA with SHA-1", newKey: rsa, sign: ["-sha1"], cms: ["-md", "sha1"] },
  { name: "RSA with SHA-256", newKey: rsa, sign: ["-sha256"], cms: ["-md", "sha256"] },
  {
    name: "PSS with SHA-512",
    newKey: rsa,
    sign: pss("sha512"),
    cms: ["-md", "sha512", ...cmsPss],
    beyondOpenssl: "streaming",
  },
  {
    name: "PSS with SHA-256",
    newKey: rsa,
    sign: pss("sha256"),
    cms: ["-md", "sha256", ...cmsPss],
    beyondOpenssl: "streaming",
  },
  {
    name: "ECDSA, P-384",
    newKey: curve("secp384r1", "named_curve"),
    sign: ["-sha384"],
    cms: ["-md", "sha384"],
  },
  {
    name: "ECDSA, brainpoolP256r1 spelled out",
    newKey: curve("brainpoolP256r1", "explicit"),
    sign: ["-sha256"],
    cms: ["-md", "sha256"],
    beyondOpenssl: "chain",
  },
];

const CONFIG = `
[req]
distinguished_name = dn
prompt = no
string_mask = utf8only
utf8 = yes
[dn]
C = it
O = Ministero  di Prova
CN = Università
serialNumber = 00042
[csca]
basicConstraints = critical,CA:TRUE,pathlen:0
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = email:csca@example.org
[ds]
keyUsage = critical,digitalSignature
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
2.23.136.1.1.6.2 = ASN1:SEQUENCE:types
ODD
[types]
version = INTEGER:0
list = SET:letters
[letters]
one = PRINTABLESTRING:C
[ca]
default_ca = here
[here]
database = INDEX
crlnumber = NUMBER
default_md = sha256
default_crl_days = 30
crl_extensions = crlext
[crlext]
authorityKeyIdentifier = keyid
`;

/** Runs openssl and fails loudly when it does. */
function must(...words: readonly string[]): void {
  const { exit, err } = openssl({}, ...words);
  if (exit !== 0) throw new Error(`openssl ${words.join(" ")}: ${err}`);
}

const bytesOf = (path: string): Uint8Array => new Uint8Array(readFileSync(path));

export interface OpensslAuthority {
  /** DER. */
  readonly countrySigner: Uint8Array;
  readonly documentSigner: Uint8Array;
  /** PEM files, for openssl's own use. */
  readonly countrySignerFile: string;
  readonly documentSignerFile: string;
  /** `openssl cms -sign` of a content with these further words, DER. */
  sign(content: Uint8Array, ...words: readonly string[]): Uint8Array;
  /** A revocation list that names the document signer, PEM and DER. */
  revocationList(): { readonly pem: Uint8Array; readonly der: Uint8Array };
}

/** A purpose that is not documents, and an extension that no reader knows, and none may pass over. */
const ODD_EXTENSIONS = "extendedKeyUsage = 2.23.136.1.1.3\n1.2.3.4.5 = critical,ASN1:NULL\n";

/** Makes the certificates of one scheme in a folder. */
export function opensslAuthority(
  bench: Bench,
  scheme: Scheme,
  { oddExtensions = "present" }: { readonly oddExtensions?: "present" | "absent" } = {},
): OpensslAuthority {
  const file = (name: string, content: Uint8Array | string = "") =>
    bench.file(`${scheme.name.replaceAll(/\W/g, "")}-${name}`, content);
  const config = file("config");
  bench.file(
    config.slice(config.lastIndexOf("/") + 1),
    CONFIG.replace("INDEX", file("index"))
      .replace("NUMBER", file("number", "01\n"))
      .replace("ODD\n", oddExtensions === "present" ? ODD_EXTENSIONS : ""),
  );
  const [cscaKey, csca, dsKey, request, ds] = ["csca.key", "csca.pem", "ds.key", "ds.csr", "ds.pem"].map(
    (name) => file(name),
  );
  if (!cscaKey || !csca || !dsKey || !request || !ds) throw new Error("no files");
  const make = ["req", "-config", config, "-utf8", "-nodes", ...scheme.newKey, ...scheme.sign];
  must(...make, "-x509", "-days", "3650", "-extensions", "csca", "-keyout", cscaKey, "-out", csca);
  must(...make, "-subj", "/C=IT/CN=Document Signer", "-keyout", dsKey, "-out", request);
  const under = ["-CA", csca, "-CAkey", cscaKey, "-set_serial", "0xD5E1", "-days", "365"];
  must(
    "x509",
    "-req",
    "-in",
    request,
    ...under,
    ...scheme.sign,
    "-extfile",
    config,
    "-extensions",
    "ds",
    "-out",
    ds,
  );
  const der = (pem: string): Uint8Array => {
    const out = file("out.der");
    must("x509", "-in", pem, "-outform", "DER", "-out", out);
    return bytesOf(out);
  };
  return {
    countrySigner: der(csca),
    documentSigner: der(ds),
    countrySignerFile: csca,
    documentSignerFile: ds,
    sign: (content, ...words) => {
      const [input, out] = [file("content", content), file("signed")];
      const how = [
        "-binary",
        "-nodetach",
        "-econtent_type",
        "2.23.136.1.1.1",
        "-nosmimecap",
        ...scheme.cms,
        ...words,
      ];
      must(
        "cms",
        "-sign",
        "-in",
        input,
        "-signer",
        ds,
        "-inkey",
        dsKey,
        "-outform",
        "DER",
        "-out",
        out,
        ...how,
      );
      return bytesOf(out);
    },
    revocationList: () => {
      const [pem, out] = [file("list.pem"), file("list.der")];
      const ca = ["ca", "-config", config, "-keyfile", cscaKey, "-cert", csca];
      must(...ca, "-revoke", ds);
      must(...ca, "-gencrl", "-out", pem);
      must("crl", "-in", pem, "-outform", "DER", "-out", out);
      return { pem: bytesOf(pem), der: bytesOf(out) };
    },
  };
}
